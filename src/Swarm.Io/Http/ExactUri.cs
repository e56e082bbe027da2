namespace Swarm.Io.Http;

/// <summary>
/// URLs that go out byte for byte as they were given. Trackers are told binary hashes, percent-encoded, and keep passkeys in paths; <see cref="Uri"/> by default rewrites some of that
/// (it unescapes what needs no escape, and resolves dots). So the text a URL was made from is read again with
/// <see cref="UriCreationOptions.DangerousDisablePathAndQueryCanonicalization"/>, which sends the path and the query as they stand.
/// <para>What makes that option dangerous is text that does not belong into a request line, so it is used for printable ASCII only; anything else goes the canonical way, which
/// escapes it. The fragment is cut off here, because with that option it would be sent.</para>
/// </summary>
internal static class ExactUri
{
    /// <summary>The URL to ask for, or null if it is not an absolute http or https one.</summary>
    public static Uri? Of(Uri url) => url.IsAbsoluteUri ? Parse(url.OriginalString) : null;

    /// <summary>Where a "Location" header leads, seen from the URL that answered with it (RFC 9110, section 10.2.2), or null if it is not an http or https URL.</summary>
    public static Uri? Resolve(Uri from, string location)
    {
        var text = location.Trim();
        if (text.StartsWith('/') && !text.StartsWith("//", StringComparison.Ordinal)) return Parse(from.GetLeftPart(UriPartial.Authority) + text);
        if (text.Contains("://", StringComparison.Ordinal) && Parse(text) is { } absolute) return absolute;
        return Uri.TryCreate(from.GetLeftPart(UriPartial.Path), UriKind.Absolute, out var canonical) && Uri.TryCreate(canonical, text, out var resolved)
            ? Parse(resolved.AbsoluteUri)
            : null;
    }

    private static Uri? Parse(string text)
    {
        var fragment = text.IndexOf('#', StringComparison.Ordinal);
        var address = fragment < 0 ? text : text[..fragment];
        if (!address.AsSpan().ContainsAnyExceptInRange('!', '~')
            && Uri.TryCreate(address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }, out var exact)
            && exact.IsAbsoluteUri && exact.PathAndQuery.StartsWith('/'))
        {
            return IsHttp(exact) ? exact : null;
        }

        return Uri.TryCreate(address, UriKind.Absolute, out var canonical) && IsHttp(canonical) ? canonical : null;
    }

    private static bool IsHttp(Uri url) => url.Scheme is "http" or "https" && url.Host.Length > 0;
}
