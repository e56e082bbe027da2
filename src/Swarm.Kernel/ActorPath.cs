namespace Swarm.Kernel;

/// <summary>
/// The place of an actor in the tree, such as <c>/user/torrents/peer-7</c>. Equality is by place; the
/// <see cref="Uid"/>, which tells one incarnation of a name from the next, is not part of it. The text is made when it
/// is asked for and not kept: actors are many, and few are ever named.
/// </summary>
public sealed class ActorPath : IEquatable<ActorPath>, IComparable<ActorPath>
{
    private const string ValidSymbols = "\"-_.*$+:@&=,!~';()";
    private ulong _textHash;

    private ActorPath(ActorPath? parent, string name, long uid)
    {
        Parent = parent ?? this;
        Name = name;
        Uid = uid;
        Depth = parent is null ? 0 : parent.Depth + 1;
    }

    /// <summary>The path of the root guardian, <c>/</c>.</summary>
    public static ActorPath Root { get; } = new(null, "/", 0);

    /// <summary>The last element.</summary>
    public string Name { get; }

    /// <summary>The path above; the root is its own parent.</summary>
    public ActorPath Parent { get; }

    /// <summary>The number of the incarnation, unique in its system; 0 where there is none.</summary>
    public long Uid { get; }

    /// <summary>How many elements the path has; 0 for the root.</summary>
    public int Depth { get; }

    /// <summary>The names from the top down, without the root's.</summary>
    public IReadOnlyList<string> Elements
    {
        get
        {
            var elements = new string[Depth];
            var path = this;
            for (var i = Depth - 1; i >= 0; i--)
            {
                elements[i] = path.Name;
                path = path.Parent;
            }

            return elements;
        }
    }

    // Zero is "not known yet"; whoever computes it twice gets the same.
    internal ulong TextHash => _textHash != 0 ? _textHash : _textHash = Depth switch
    {
        0 => StableHash.Of(Name),
        1 => StableHash.Of(Name, Parent.TextHash),
        _ => StableHash.Of(Name, StableHash.Of("/", Parent.TextHash)),
    };

    /// <summary>The path of a child.</summary>
    public static ActorPath operator /(ActorPath path, string name) => new(path, name, 0);

    public static bool operator ==(ActorPath? left, ActorPath? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(ActorPath? left, ActorPath? right) => !(left == right);

    /// <summary>Whether a name may be an actor's: ASCII letters, digits, the symbols of Akka.NET, or %XX; never beginning with $.</summary>
    public static bool IsValidPathElement(string s)
    {
        if (string.IsNullOrEmpty(s) || s[0] == '$')
        {
            return false;
        }

        for (var i = 0; i < s.Length; i++)
        {
            var c = s[i];
            if (char.IsAsciiLetterOrDigit(c) || ValidSymbols.Contains(c))
            {
                continue;
            }

            if (c != '%' || i + 2 >= s.Length || !char.IsAsciiHexDigit(s[i + 1]) || !char.IsAsciiHexDigit(s[i + 2]))
            {
                return false;
            }

            i += 2;
        }

        return true;
    }

    /// <summary>The same place with another incarnation.</summary>
    public ActorPath WithUid(long uid) => new(ReferenceEquals(Parent, this) ? null : Parent, Name, uid);

    /// <summary>The path as text; the kernel's paths have no address, so this is <see cref="ToString"/>.</summary>
    public string ToStringWithoutAddress() => ToString();

    public bool Equals(ActorPath? other)
    {
        if (other is null || other.Depth != Depth)
        {
            return false;
        }

        for (var (mine, its) = (this, other); !ReferenceEquals(mine, its); (mine, its) = (mine.Parent, its.Parent))
        {
            if (!string.Equals(mine.Name, its.Name, StringComparison.Ordinal))
            {
                return false;
            }

            if (mine.Depth == 0)
            {
                return true;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => obj is ActorPath other && Equals(other);

    public override int GetHashCode() => unchecked((int)TextHash);

    public int CompareTo(ActorPath? other) => other is null ? 1 : string.CompareOrdinal(ToString(), other.ToString());

    public override string ToString()
    {
        if (Depth == 0)
        {
            return Name;
        }

        var length = 0;
        for (var path = this; path.Depth > 0; path = path.Parent)
        {
            length += 1 + path.Name.Length;
        }

        return string.Create(length, this, static (text, path) =>
        {
            for (; path.Depth > 0; path = path.Parent)
            {
                path.Name.CopyTo(text[^path.Name.Length..]);
                text = text[..^path.Name.Length];
                text[^1] = '/';
                text = text[..^1];
            }
        });
    }
}

/// <summary>FNV-1a over text: the same in every process, unlike <see cref="string.GetHashCode()"/>.</summary>
internal static class StableHash
{
    internal const ulong Seed = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>The hash of what hashes to <paramref name="hash"/>, followed by <paramref name="text"/>.</summary>
    internal static ulong Of(string text, ulong hash = Seed)
    {
        foreach (var c in text)
        {
            hash = Mix(hash, c);
        }

        return hash;
    }

    internal static ulong Mix(ulong hash, ulong value) => unchecked((hash ^ value) * Prime);
}
