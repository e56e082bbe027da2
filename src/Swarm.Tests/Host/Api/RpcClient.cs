using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Swarm.Tests.Host.Api;

/// <summary>Speaks Transmission's RPC as its tools do: the first answer brings the session's id.</summary>
internal sealed class RpcClient(ApiFixture api, AuthenticationHeaderValue? credentials = null)
{
    private string? _session;

    public async Task<JsonElement> CallAsync(string json)
    {
        using var response = await SendAsync(json);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }

    public async Task<HttpResponseMessage> SendAsync(string json)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/transmission/rpc") { Content = new StringContent(json, Encoding.UTF8, "application/json"), Headers = { Authorization = credentials } };
            if (_session is not null) request.Headers.Add("X-Transmission-Session-Id", _session);
            var response = await api.SendAsync(request);
            if (response.StatusCode != HttpStatusCode.Conflict || _session is not null) return response;
            _session = response.Headers.GetValues("X-Transmission-Session-Id").Single();
            response.Dispose();
        }
    }
}
