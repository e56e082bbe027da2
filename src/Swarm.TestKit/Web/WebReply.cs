using System.Collections.Immutable;
using System.Net;
using System.Text;

namespace Swarm.TestKit.Web;

/// <summary>A GET as a scripted server sees it: its URL as it was written, and the address it came from.</summary>
public sealed record WebGet(string Url, IPAddress From)
{
    /// <summary>Path and query as they were written.</summary>
    public string Target
    {
        get
        {
            var path = Url.IndexOf('/', Url.IndexOf("://", StringComparison.Ordinal) + 3);
            return path < 0 ? "/" : Url[path..];
        }
    }

    /// <summary>The values of a parameter of the query, their escapes undone to bytes, one character each.</summary>
    public IEnumerable<string> Values(string name)
    {
        var query = Url.IndexOf('?', StringComparison.Ordinal);
        if (query < 0) yield break;
        foreach (var part in Url[(query + 1)..].Split('&'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals == name.Length && part.StartsWith(name, StringComparison.Ordinal)) yield return Unescape(part[(equals + 1)..]);
        }
    }

    private static string Unescape(string text)
    {
        var bytes = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && byte.TryParse(text.AsSpan(i + 1, 2), System.Globalization.NumberStyles.HexNumber, null, out var value))
            {
                bytes.Append((char)value);
                i += 2;
            }
            else
            {
                bytes.Append(text[i]);
            }
        }

        return bytes.ToString();
    }
}

/// <summary>What a scripted server answers.</summary>
public sealed record WebReply(int Status, ImmutableArray<byte> Body)
{
    /// <summary>Where a redirect leads, or null.</summary>
    public string? Location { get; init; }

    /// <summary>How long the server thinks, beside the way there and back.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>How many bytes come before the connection breaks off, or null.</summary>
    public int? BreaksAfter { get; init; }

    /// <summary>No answer comes, ever.</summary>
    public bool IsSilence { get; init; }

    /// <summary>No such page.</summary>
    public static WebReply NotFound { get; } = new(404, [.. "not found"u8]);

    /// <summary>The request is taken and never answered.</summary>
    public static WebReply Silence { get; } = new(0, []) { IsSilence = true };

    /// <summary>A page.</summary>
    public static WebReply Ok(ReadOnlySpan<byte> body) => new(200, [.. body]);

    /// <summary>A redirect.</summary>
    public static WebReply Redirect(string location, int status = 302) => new(status, []) { Location = location };
}
