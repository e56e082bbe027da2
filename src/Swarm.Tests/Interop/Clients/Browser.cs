using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Swarm.Tests.Interop.Clients;

/// <summary>
/// A real browser (Chromium without a window) that shows one page, steered by its DevTools protocol. Whatever the page reports as an error, refusals by its own content policy included, is kept, and no test ends with one
/// that it did not expect.
/// </summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly ClientWebSocket _socket;
    private readonly CancellationTokenSource _over = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> _asked = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Task _reading;
    private int _lastId;

    private Browser(ClientWebSocket socket)
    {
        _socket = socket;
        _reading = ReadAsync();
    }

    /// <summary>What the page reported as errors since the last look.</summary>
    public IReadOnlyList<string> TakeErrors()
    {
        var taken = new List<string>();
        while (_errors.TryDequeue(out var error)) taken.Add(error);
        return taken;
    }

    /// <summary>Starts it; it ends with the scenario.</summary>
    public static async Task<Browser> StartAsync(InstalledClients installed, Scenario scenario)
    {
        // As root it runs only without its sandbox; the pages are ours.
        var process = scenario.Start("chromium", installed.Require("chromium", "chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--log-level=3", "--remote-debugging-port=0", "--remote-allow-origins=*",
            $"--user-data-dir={scenario.Folder("browser")}", "--window-size=1400,900", "about:blank");
        var line = await process.LineAsync(line => line.Contains("DevTools listening on ws://", StringComparison.Ordinal), "where its tools listen", Scenario.Patience);
        var port = new Uri(line[line.IndexOf("ws://", StringComparison.Ordinal)..].Trim()).Port;
        using var http = new HttpClient();
        string? page = null;
        await Poll.UntilAsync(async () => (page = (await http.GetFromJsonAsync<JsonArray>($"http://127.0.0.1:{port}/json/list"))!.Where(target => (string?)target!["type"] == "page").Select(target => (string?)target!["webSocketDebuggerUrl"]).FirstOrDefault()) is not null, "a page", Scenario.Patience);
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri(page!), CancellationToken.None);
        var browser = scenario.Own(new Browser(socket));
        foreach (var domain in (string[])["Page", "Runtime", "Log"]) await browser.AskAsync($"{domain}.enable", new JsonObject());
        return browser;
    }

    /// <summary>Shows a page.</summary>
    public async Task OpenAsync(Uri address)
    {
        await AskAsync("Page.navigate", new JsonObject { ["url"] = address.ToString() });
        await ShowsAsync("document.readyState === 'complete'");
    }

    /// <summary>What an expression of the page gives, promises awaited.</summary>
    public async Task<JsonNode?> EvaluateAsync(string expression)
    {
        var answer = await AskAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true, ["userGesture"] = true });
        if (answer["exceptionDetails"] is { } thrown) throw new InvalidOperationException($"{expression}: {thrown["exception"]?["description"] ?? thrown["text"]}");
        return answer["result"]?["value"];
    }

    /// <summary>Waits until an expression is true; one that cannot be had yet, of an element that is not there, is not.</summary>
    public async Task ShowsAsync(string expression)
    {
        try
        {
            await Poll.UntilAsync(async () => (bool?)await EvaluateAsync($"(() => {{ try {{ return !!({expression}); }} catch (e) {{ if (e instanceof TypeError) return false; throw e; }} }})()") is true, $"the page shows: {expression}", Scenario.Patience);
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}\n{await EvaluateAsync("document.body.innerText")}\n{string.Join('\n', _errors)}", late);
        }
    }

    /// <summary>Clicks the first element that fits the selector and has this text, once it is there and can be clicked.</summary>
    public async Task ClickAsync(string selector, string text = "")
    {
        var found = $"[...document.querySelectorAll({Quoted(selector)})].find(e => e.textContent.includes({Quoted(text)}) && !e.disabled)";
        await ShowsAsync(found);
        await EvaluateAsync($"{found}.click()");
    }

    /// <summary>Writes into a field, as typing does.</summary>
    public async Task WriteAsync(string selector, string text)
    {
        await ShowsAsync($"document.querySelector({Quoted(selector)})");
        await EvaluateAsync($"(e => {{ e.value = {Quoted(text)}; e.dispatchEvent(new Event('input', {{ bubbles: true }})); e.dispatchEvent(new Event('change', {{ bubbles: true }})); }})(document.querySelector({Quoted(selector)}))");
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _reading;
        _socket.Dispose();
        _over.Dispose();
    }

    private static string Quoted(string text) => JsonSerializer.Serialize(text);

    private async Task<JsonNode> AskAsync(string method, JsonObject parameters)
    {
        var id = Interlocked.Increment(ref _lastId);
        var answer = _asked[id] = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        var question = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        await _socket.SendAsync(Encoding.UTF8.GetBytes(question.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, _over.Token);
        return await answer.Task.WaitAsync(Scenario.Patience, _over.Token);
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                using var message = new MemoryStream();
                WebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer, _over.Token);
                    message.Write(buffer, 0, part.Count);
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close) return;
                Take(JsonNode.Parse(message.ToArray())!);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // Over: by us, or because the browser has ended, which the next question notices.
        }
    }

    private void Take(JsonNode message)
    {
        if ((int?)message["id"] is { } id)
        {
            if (_asked.TryRemove(id, out var asked)) asked.SetResult(message["result"] ?? new JsonObject { ["exceptionDetails"] = new JsonObject { ["text"] = message["error"]?.ToJsonString() } });
            return;
        }

        var parameters = message["params"];
        switch ((string?)message["method"])
        {
            case "Runtime.exceptionThrown": _errors.Enqueue(parameters!["exceptionDetails"]!.ToJsonString()); break;
            case "Runtime.consoleAPICalled" when (string?)parameters!["type"] is "error" or "assert": _errors.Enqueue(parameters["args"]!.ToJsonString()); break;
            case "Log.entryAdded" when (string?)parameters!["entry"]!["level"] == "error": _errors.Enqueue($"{(string?)parameters["entry"]!["text"]} {(string?)parameters["entry"]!["url"]}"); break;
        }
    }
}
