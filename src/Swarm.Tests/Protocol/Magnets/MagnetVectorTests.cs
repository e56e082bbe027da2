using System.Text.Json;
using Swarm.Protocol.Magnets;
using Swarm.Tests.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Magnets;

/// <summary>Every case of <c>Vectors/magnet.json</c>.</summary>
public sealed class MagnetVectorTests
{
    private static readonly JsonElement File = Vectors.Load("magnet.json");

    [Fact]
    public void Valid_links_are_read()
    {
        foreach (var vector in File.GetProperty("valid").EnumerateArray())
        {
            var uri = vector.Text("uri")!;
            MagnetLink.TryParse(uri, out var link, out var error).ShouldBeTrue($"{uri}: {error}");
            var expected = vector.GetProperty("expect");
            (link!.V1?.ToString()).ShouldBe(expected.Text("v1"), uri);
            (link.V2?.Hex).ShouldBe(expected.Text("v2"), uri);
            link.PublicKey.ShouldBe(expected.Text("btpk"), uri);
            // A vector names only what it is about.
            if (expected.Text("dn") is { } name) link.DisplayName.ShouldBe(name, uri);
            CheckList(expected, "tr", link.Trackers, uri);
            CheckList(expected, "ws", link.WebSeeds, uri);
            CheckList(expected, "as_", link.AcceptableSources, uri);
            CheckList(expected, "x_pe", link.Peers.Select(peer => peer.ToString()), uri);
            CheckList(expected, "dht", link.DhtNodes.Select(node => node.ToString()), uri);
            if (expected.TryGetProperty("xl", out var length)) link.ExactLength.ShouldBe(length.GetInt64(), uri);
        }
    }

    [Fact]
    public void Invalid_links_are_refused()
    {
        foreach (var vector in File.GetProperty("invalid").EnumerateArray())
        {
            MagnetLink.TryParse(vector.Text("uri")!, out var link, out var error).ShouldBeFalse(vector.Text("uri"));
            link.ShouldBeNull();
            error.ShouldNotBeEmpty();
            error.ShouldNotContain('\n');
        }
    }

    [Fact]
    public void Selections_are_read()
    {
        foreach (var vector in File.GetProperty("select_only").EnumerateArray())
        {
            MagnetLink.TryParse(vector.Text("uri")!, out var link, out var error).ShouldBeTrue(error);
            Expand(link!.Selection).ShouldBe(vector.GetProperty("selected").EnumerateArray().Select(index => index.GetInt32()), vector.Text("uri"));
        }
    }

    [Fact]
    public void Links_are_written()
    {
        foreach (var vector in File.GetProperty("make").EnumerateArray())
        {
            var input = vector.GetProperty("input");
            var selected = input.TryGetProperty("selected", out var list) ? list.EnumerateArray().Select(index => index.GetInt32()).ToArray() : [];
            var link = new MagnetLink
            {
                V1 = input.Text("v1") is { } v1 ? new InfoHash(Convert.FromHexString(v1)) : null,
                V2 = input.Text("v2") is { } v2 ? new InfoHashV2(Convert.FromHexString(v2)) : null,
                Selection = FileSelection.Of(selected.Select(index => new FileRange(index, index))),
                Peers = [.. Texts(input, "peers").Select(EndPoint)],
                DhtNodes = [.. Texts(input, "dht").Select(EndPoint)],
            };
            link.ToString().ShouldBe(vector.Text("uri"));
        }
    }

    private static void CheckList(JsonElement expected, string property, IEnumerable<string> values, string uri)
    {
        if (expected.TryGetProperty(property, out _)) values.ToArray().ShouldBe(Texts(expected, property), uri);
    }

    private static HostEndPoint EndPoint(string text)
    {
        HostEndPoint.TryParse(text, out var endPoint).ShouldBeTrue();
        return endPoint!;
    }

    private static IEnumerable<int> Expand(FileSelection selection) =>
        selection.Ranges.SelectMany(range => Enumerable.Range(range.First, range.Last - range.First + 1));

    private static string[] Texts(JsonElement element, string property) =>
        element.TryGetProperty(property, out var list) ? [.. list.EnumerateArray().Select(item => item.GetString()!)] : [];
}
