using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Swarm.Host.Api.Endpoints;
using Swarm.Host.Api.Security;

namespace Swarm.Host.Ui;

/// <summary>
/// The web page at "/ui/": a few files inside the program, which use the same HTTP API as everybody. They hold no data, so no key is needed for them, only for what they then ask. There is nothing but
/// these files: a name is looked up, never a path. The page may load scripts, styles and data from its own node alone, and no other page may frame it.
/// </summary>
internal sealed class UiFiles
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Index = "index.html";
    private const string Prefix = "ui/";

    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly FrozenDictionary<string, UiFile> _files;

    private UiFiles(FrozenDictionary<string, UiFile> files) => _files = files;

    /// <summary>The names of the files, sorted.</summary>
    public IEnumerable<string> Names => _files.Keys.Order(StringComparer.Ordinal);

    /// <summary>Those inside the program.</summary>
    public static UiFiles Load()
    {
        var program = typeof(UiFiles).Assembly;
        var names = program.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal));
        return new UiFiles(names.ToFrozenDictionary(name => name[Prefix.Length..], name => UiFile.Read(program, name, Types[Path.GetExtension(name)]), StringComparer.Ordinal));
    }

    /// <summary>Declares them. They are no operations of the API and not in its description.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", () => TypedResults.LocalRedirect("/ui/")).WithMetadata(new Needs(Scope.None)).ExcludeFromDescription();
        routes.MapGet("/ui/{name?}", Get).WithMetadata(new Needs(Scope.None)).ExcludeFromDescription();
    }

    private Results<FileContentHttpResult, StatusCodeHttpResult> Get(HttpContext context, string? name)
    {
        if (!_files.TryGetValue(name ?? Index, out var file)) throw Api.ApiException.NotFound("There is no such file. The page is at /ui/.");
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Asked for each time, so that after an upgrade no page is made of files of two versions; what is the same is not sent again.
        headers.CacheControl = "no-cache";
        headers.ETag = file.Tag;
        headers.Append(HeaderNames.Vary, HeaderNames.AcceptEncoding);
        if (context.Request.Headers.IfNoneMatch.ToString() == file.Tag) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        if (!context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase)) return TypedResults.Bytes(file.Content, file.Type);
        headers.ContentEncoding = "gzip";
        return TypedResults.Bytes(file.Compressed, file.Type);
    }

    /// <summary>A file, also compressed, and what tells its versions apart.</summary>
    private sealed record UiFile(byte[] Content, byte[] Compressed, string Type, string Tag)
    {
        public static UiFile Read(Assembly program, string name, string type)
        {
            using var resource = program.GetManifestResourceStream(name)!;
            var content = new byte[resource.Length];
            resource.ReadExactly(content);
            using var compressed = new MemoryStream();
            using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(content);
            return new UiFile(content, compressed.ToArray(), type, $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"");
        }
    }
}
