using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Swarm.Host.Api.Endpoints;
using Swarm.Host.Api.Security;

namespace Swarm.Host.Api.Transmission;

/// <summary>
/// Transmission's RPC at the address where its tools look for it, in both dialects: the old one of 4.0 and before, and JSON-RPC 2.0 of 4.1. Told apart by the member "jsonrpc". A first request is
/// answered with 409 and the session's id in a header, and goes on when it comes back with it: pages of other sites cannot send that header.
/// </summary>
internal sealed class RpcEndpoint
{
    private const string Address = "/transmission/rpc";
    private const string SessionHeader = "X-Transmission-Session-Id";
    private const int MaxBatch = 100;
    private const int FlushAt = 64 * 1024;

    private readonly byte[] _sessionId;
    private readonly string _sessionText;
    private readonly RpcCalls _calls;
    private readonly int _bodyLimit;

    /// <summary>An endpoint with a session of its own.</summary>
    public RpcEndpoint(ApiServices api)
    {
        _sessionText = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        _sessionId = Encoding.ASCII.GetBytes(_sessionText);
        _calls = new RpcCalls(api, _sessionText);
        // A torrent file comes in base64.
        _bodyLimit = (int)Math.Min(int.MaxValue, (api.Settings.TorrentFileLimit / 3 * 4L) + api.Settings.BodyLimit);
    }

    /// <summary>Declares it.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Address, HandleAsync).WithMetadata(new Needs(Scope.Viewer), new TakesBody(_bodyLimit)).ExcludeFromDescription();
        routes.MapGet(Address, HandleAsync).WithMetadata(new Needs(Scope.Viewer)).ExcludeFromDescription();
    }

    private async Task HandleAsync(HttpContext context)
    {
        var cancellation = context.RequestAborted;
        context.Response.Headers[SessionHeader] = _sessionText;
        var given = context.Request.Headers[SessionHeader].ToString();
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), _sessionId))
        {
            context.Response.StatusCode = StatusCodes.Status409Conflict;
            await context.Response.WriteAsync($"{SessionHeader}: {_sessionText}", cancellation).ConfigureAwait(false);
            return;
        }

        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return;
        }

        var caller = context.Features.Get<Caller>()?.Scope ?? Scope.None;
        using var document = await ParseAsync(context.Request.Body, cancellation).ConfigureAwait(false);
        context.Response.ContentType = "application/json; charset=utf-8";
        var request = document?.RootElement ?? default;
        if (request.ValueKind == JsonValueKind.Object && !request.TryGetProperty("jsonrpc", out _)) await LegacyAsync(context.Response, request, caller, cancellation).ConfigureAwait(false);
        else await JsonRpcAsync(context.Response, request, caller, cancellation).ConfigureAwait(false);
    }

    private static async Task<JsonDocument?> ParseAsync(Stream body, CancellationToken cancellation)
    {
        try
        {
            return await JsonDocument.ParseAsync(body, new JsonDocumentOptions { MaxDepth = 32 }, cancellation).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void WriteError(Utf8JsonWriter json, JsonElement id, RpcException e)
    {
        json.WriteStartObject();
        json.WriteString("jsonrpc", "2.0");
        json.WriteStartObject("error");
        json.WriteNumber("code", e.Code);
        json.WriteString("message", MessageOf(e.Code));
        json.WriteStartObject("data");
        json.WriteString("error_string", e.Message);
        json.WriteEndObject();
        json.WriteEndObject();
        WriteId(json, id);
        json.WriteEndObject();
    }

    private static void WriteId(Utf8JsonWriter json, JsonElement id)
    {
        json.WritePropertyName("id");
        if (id.ValueKind == JsonValueKind.Undefined) json.WriteNullValue();
        else id.WriteTo(json);
    }

    private static string MessageOf(int code) => code switch
    {
        RpcException.NoJson => "Parse error",
        RpcException.InvalidRequest => "Invalid Request",
        RpcException.NoSuchMethod => "Method not found",
        RpcException.InvalidParameters => "Invalid params",
        RpcException.BadPath => "path is not allowed",
        RpcException.NoSuchFile => "file index out of range",
        RpcException.FetchFailed => "HTTP error from backend service",
        RpcException.CorruptTorrent => "invalid or corrupt torrent file",
        _ => "system error",
    };

    // {"method", "arguments", "tag"} and {"result", "arguments", "tag"}.
    private async Task LegacyAsync(HttpResponse response, JsonElement request, Scope caller, CancellationToken cancellation)
    {
        var method = request.TryGetProperty("method", out var name) && name.ValueKind == JsonValueKind.String ? RpcNames.ToSnake(name.GetString()!) : "";
        var arguments = request.TryGetProperty("arguments", out var given) ? given : default(JsonElement?);
        using var writer = new RpcWriter(response.BodyWriter, method, isLegacy: true);
        var result = "success";
        writer.Json.WriteStartObject();
        writer.Json.WriteStartObject("arguments");
        try
        {
            var write = await _calls.RunAsync(method, new RpcArguments(arguments, isLegacy: true), caller, cancellation).ConfigureAwait(false);
            await write(writer, cancellation).ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            result = e.Message;
        }

        writer.Json.WriteEndObject();
        writer.Json.WriteString("result", result);
        if (request.TryGetProperty("tag", out var tag) && tag.ValueKind == JsonValueKind.Number)
        {
            writer.Json.WritePropertyName("tag");
            tag.WriteTo(writer.Json);
        }

        writer.Json.WriteEndObject();
        writer.Json.Flush();
        await response.BodyWriter.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private async Task JsonRpcAsync(HttpResponse response, JsonElement request, Scope caller, CancellationToken cancellation)
    {
        var output = response.BodyWriter;
        if (request.ValueKind == JsonValueKind.Array && request.GetArrayLength() is > 0 and <= MaxBatch)
        {
            await BatchAsync(response, request, caller, cancellation).ConfigureAwait(false);
        }
        else if (!await CallAsync(output, request, caller, "", cancellation).ConfigureAwait(false))
        {
            response.StatusCode = StatusCodes.Status204NoContent;
            response.ContentType = null;
        }

        await output.FlushAsync(cancellation).ConfigureAwait(false);
    }

    // Each answer goes out as it is made, so that a hundred lists of all torrents take the memory of one piece.
    private async Task BatchAsync(HttpResponse response, JsonElement calls, Scope caller, CancellationToken cancellation)
    {
        var output = response.BodyWriter;
        var isAnswered = false;
        foreach (var call in calls.EnumerateArray())
        {
            isAnswered |= await CallAsync(output, call, caller, isAnswered ? "," : "[", cancellation).ConfigureAwait(false);
            if (output.UnflushedBytes >= FlushAt) await output.FlushAsync(cancellation).ConfigureAwait(false);
        }

        if (isAnswered)
        {
            Encoding.ASCII.GetBytes("]", output);
            return;
        }

        response.StatusCode = StatusCodes.Status204NoContent;
        response.ContentType = null;
    }

    // False: a notification, which has no answer. Whether there is one is known only when it is: what comes before it is written with it.
    private async Task<bool> CallAsync(PipeWriter output, JsonElement call, Scope caller, string before, CancellationToken cancellation)
    {
        var isCall = call.ValueKind == JsonValueKind.Object && call.TryGetProperty("jsonrpc", out var version) && version.ValueKind == JsonValueKind.String && version.ValueEquals("2.0")
            && call.TryGetProperty("method", out var name) && name.ValueKind == JsonValueKind.String;
        var id = isCall && call.TryGetProperty("id", out var given) && given.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.Null ? given : default;
        var isNotification = isCall && id.ValueKind == JsonValueKind.Undefined;
        var method = isCall ? call.GetProperty("method").GetString()! : "";
        using var writer = new RpcWriter(output, method, isLegacy: false);
        try
        {
            if (call.ValueKind == JsonValueKind.Undefined) throw new RpcException(RpcException.NoJson, "the body is no JSON");
            if (!isCall) throw new RpcException(RpcException.InvalidRequest, $"a JSON-RPC 2.0 call, or a list of at most {MaxBatch}, is expected");
            var parameters = call.TryGetProperty("params", out var members) ? members : default(JsonElement?);
            if (parameters is { ValueKind: not JsonValueKind.Object }) throw new RpcException(RpcException.InvalidParameters, "'params' must be an object");
            var write = await _calls.RunAsync(method, new RpcArguments(parameters, isLegacy: false), caller, cancellation).ConfigureAwait(false);
            if (isNotification) return false;
            Encoding.ASCII.GetBytes(before, output);
            writer.Json.WriteStartObject();
            writer.Json.WriteString("jsonrpc", "2.0");
            writer.Json.WriteStartObject("result");
            await write(writer, cancellation).ConfigureAwait(false);
            writer.Json.WriteEndObject();
            WriteId(writer.Json, id);
            writer.Json.WriteEndObject();
        }
        catch (RpcException e)
        {
            if (isNotification) return false;
            Encoding.ASCII.GetBytes(before, output);
            WriteError(writer.Json, id, e);
        }

        writer.Json.Flush();
        return true;
    }
}
