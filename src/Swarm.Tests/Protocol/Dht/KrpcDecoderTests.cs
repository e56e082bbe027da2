using System.Text;
using Swarm.Protocol.Bencoding;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Tests.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Dht;

public sealed class KrpcDecoderTests
{
    [Theory]
    [InlineData("ping query", KrpcMethod.Ping)]
    [InlineData("find_node query", KrpcMethod.FindNode)]
    [InlineData("find_node query captured", KrpcMethod.FindNode)]
    [InlineData("get_peers query", KrpcMethod.GetPeers)]
    [InlineData("get_peers query captured", KrpcMethod.GetPeers)]
    [InlineData("announce_peer query", KrpcMethod.AnnouncePeer)]
    [InlineData("get query (BEP 44)", KrpcMethod.Get)]
    [InlineData("put immutable (BEP 44)", KrpcMethod.Put)]
    [InlineData("sample_infohashes query (BEP 51)", KrpcMethod.SampleInfohashes)]
    public void Queries_of_the_vectors_are_read(string name, KrpcMethod method)
    {
        var message = Decode(Vector(name));
        message.Kind.ShouldBe(KrpcKind.Query);
        message.Method.ShouldBe(method);
        message.Fault.ShouldBe(KrpcFault.None);
        message.Id.ShouldNotBeNull();
        (message.Target is not null).ShouldBe(method is not (KrpcMethod.Ping or KrpcMethod.Put));
    }

    [Fact]
    public void Every_valid_vector_is_a_message_with_its_transaction_id()
    {
        var count = 0;
        foreach (var vector in Vectors.Load("krpc_messages.json").GetProperty("valid").EnumerateArray())
        {
            var bytes = vector.Hex("hex");
            KrpcDecoder.TryDecode(bytes, KrpcLimits.Default, out var message).ShouldBeTrue(vector.Text("name"));
            using var document = BencodeDocument.Parse(bytes, BencodeLimits.Default);
            document.Root["t"u8].TryGetString(out var transactionId);
            message.TransactionId.SequenceEqual(transactionId).ShouldBeTrue();
            count++;
        }

        count.ShouldBeGreaterThan(20);
    }

    [Fact]
    public void Arguments_of_the_vectors_are_read()
    {
        var announce = Decode(Vector("announce_peer query"));
        (announce.ImpliedPort, announce.Port, announce.IsSeed).ShouldBe((true, 0, false));
        Text(announce.Token).ShouldBe("aoeusnth");
        var seed = Decode(Vector("announce_peer seed (BEP 33)"));
        (seed.ImpliedPort, seed.Port, seed.IsSeed).ShouldBe((false, 6881, true));
        var scrape = Decode(Vector("get_peers query noseed+scrape (BEP 33)"));
        (scrape.NoSeed, scrape.Scrape).ShouldBe((true, true));
        var want = Decode(Vector("find_node query, want both, read-only (BEP 32 + 43)"));
        (want.Want, want.IsReadOnly).ShouldBe((KrpcWant.V4 | KrpcWant.V6, true));
        Text(want.Version).ShouldStartWith("XX");
        Text(Decode(Vector("put immutable (BEP 44)")).Value).ShouldBe("12:Hello World!");
    }

    [Fact]
    public void Replies_of_the_vectors_are_read()
    {
        Decode(Vector("response with top-level ip (BEP 42)")).ExternalAddress.ToString().ShouldBe("124.168.180.8:62844");
        Nodes(Decode(Vector("one node 1.2.3.4:4660")).Nodes).ShouldBe(["1.2.3.4:4660"]);
        Nodes(Decode(Vector("find_node response")).Nodes).ShouldBeEmpty("the example's nodes are no list");
        var both = Decode(Vector("find_node response, nodes and nodes6 (BEP 32)"));
        Nodes(both.Nodes).ShouldBe(["192.0.2.7:6881"]);
        Nodes(both.Nodes6).ShouldBe(["[2001:db8::7]:6882"]);
        Peers(Decode(Vector("values of one peer 1.2.3.4:22136")).Peers).ShouldBe(["1.2.3.4:22136"]);
        Peers(Decode(Vector("get_peers response with peers")).Peers).Length.ShouldBe(2);
        var samples = Decode(Vector("sample_infohashes response (BEP 51)"));
        (samples.HasSamples, samples.Samples.Length, samples.SampleTotal, samples.SampleInterval).ShouldBe((true, 40, 2, 300));
        var none = Decode(Vector("sample_infohashes response, no samples (BEP 51)"));
        (none.HasSamples, none.Samples.Length, none.SampleInterval).ShouldBe((true, 0, 420));
        Decode(Vector("ping response")).HasSamples.ShouldBeFalse();
        var error = Decode(Vector("error"));
        (error.Kind, error.ErrorCode).ShouldBe((KrpcKind.Error, 201));
        Text(error.ErrorText).ShouldBe("A Generic Error Ocurred");
    }

    [Theory]
    [InlineData("not a dictionary", null)]
    [InlineData("no 't'", null)]
    [InlineData("error for a response in fuzz style", null)]
    [InlineData("no 'a'", KrpcFault.NoArguments)]
    [InlineData("id of 19 bytes", KrpcFault.NoId)]
    [InlineData("unknown method, no target", KrpcFault.None)]
    [InlineData("unknown method with a 20-byte target or info_hash", KrpcFault.None)]
    [InlineData("garbage after the dictionary", KrpcFault.None)]
    [InlineData("'t' of 1 or 8 bytes", KrpcFault.None)]
    [InlineData("'e' not a list", KrpcFault.None)]
    public void Hostile_vectors_are_dropped_or_read_with_their_fault(string name, KrpcFault? fault)
    {
        var read = KrpcDecoder.TryDecode(Vector(name, "hostile"), KrpcLimits.Default, out var message);
        read.ShouldBe(fault is not null);
        if (read) message.Fault.ShouldBe(fault!.Value);
    }

    [Theory]
    [InlineData("d1:ad2:id20:abcdefghij0123456789e1:q9:find_node1:t2:aa1:y1:qe", KrpcFault.NoTarget)]
    [InlineData("d1:ad2:id20:abcdefghij01234567896:target19:mnopqrstuvwxyz12345e1:q9:find_node1:t2:aa1:y1:qe", KrpcFault.NoTarget)]
    [InlineData("d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe", KrpcFault.NoTarget)]
    [InlineData("d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti1ee1:q13:announce_peer1:t2:aa1:y1:qe", KrpcFault.NoToken)]
    [InlineData("d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti0e5:token1:xe1:q13:announce_peer1:t2:aa1:y1:qe", KrpcFault.NoPort)]
    [InlineData("d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti65536e5:token1:xe1:q13:announce_peer1:t2:aa1:y1:qe", KrpcFault.NoPort)]
    [InlineData("d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti65535e5:token1:xe1:q13:announce_peer1:t2:aa1:y1:qe", KrpcFault.None)]
    [InlineData("d1:ad2:id20:abcdefghij01234567895:token1:xe1:q3:put1:t2:aa1:y1:qe", KrpcFault.NoValue)]
    [InlineData("d1:ad2:id20:abcdefghij01234567891:k3:abc3:seqi1e5:token1:x1:vi1ee1:q3:put1:t2:aa1:y1:qe", KrpcFault.BadItem)]
    [InlineData("d1:ad2:id20:abcdefghij0123456789e1:t2:aa1:y1:qe", KrpcFault.NoMethod)]
    public void Query_without_what_its_method_needs_says_so(string text, KrpcFault fault) => Decode(Encoding.Latin1.GetBytes(text)).Fault.ShouldBe(fault);

    [Theory]
    [InlineData("keys out of order", "d1:y1:q1:t2:aa1:q4:ping1:ad2:id20:abcdefghij0123456789ee")]
    [InlineData("keys twice", "d1:ad2:id20:abcdefghij01234567892:id3:xyze1:q4:ping1:q3:get1:t2:aa1:y1:qe")]
    [InlineData("odd types", "d1:ad2:id20:abcdefghij01234567894:wanti3e4:port3:abc5:tokeni5ee1:q4:ping2:rod0:0:e1:t2:aa1:vi5e1:y1:qe")]
    public void Sloppy_messages_are_read(string name, string text)
    {
        var message = Decode(Encoding.Latin1.GetBytes(text));
        (message.Method, message.Fault, Text(message.TransactionId)).ShouldBe((KrpcMethod.Ping, KrpcFault.None, "aa"), name);
        message.Id.ShouldBe(new NodeId("abcdefghij0123456789"u8));
    }

    [Fact]
    public void Reply_that_also_has_a_query_is_a_reply()
    {
        var message = Decode("d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:ping1:rd2:id20:abcdefghij0123456789e1:t2:aa1:y1:re"u8);
        (message.Kind, message.Id).ShouldBe((KrpcKind.Reply, new NodeId("abcdefghij0123456789"u8)));
    }

    [Fact]
    public void Query_that_also_has_a_reply_before_its_arguments_is_a_query()
    {
        var message = Decode("d1:rd2:id20:aaaaaaaaaaaaaaaaaaaae1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"u8);
        (message.Kind, message.Method, message.Fault, message.Id).ShouldBe((KrpcKind.Query, KrpcMethod.Ping, KrpcFault.None, new NodeId("abcdefghij0123456789"u8)));
    }

    [Fact]
    public void Of_arguments_that_stand_twice_the_first_count()
    {
        var message = Decode("d1:ad2:id20:abcdefghij0123456789e1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:ping1:t2:aa1:y1:qe"u8);
        message.Id.ShouldBe(new NodeId("abcdefghij0123456789"u8));
    }

    [Fact]
    public void Peers_come_mixed_and_in_the_old_form()
    {
        Peers(Decode("d1:rd6:valuesl6:abcdef18:0123456789abcdefgh3:xyz6:ghijkli7eee1:t1:a1:y1:re"u8).Peers).Length.ShouldBe(3);
        Peers(Decode("d1:rd6:values12:abcdefghijkle1:t1:a1:y1:re"u8).Peers).Length.ShouldBe(2);
        Peers(Decode("d1:rd6:valuesl12:abcdefghijklee1:t1:a1:y1:re"u8).Peers).Length.ShouldBe(2);
        Peers(Decode("d1:rd6:values13:abcdefghijklme1:t1:a1:y1:re"u8).Peers).ShouldBeEmpty();
        Peers(Decode("d1:rd6:valuesd1:a6:abcdefee1:t1:a1:y1:re"u8).Peers).Length.ShouldBeLessThanOrEqualTo(1);
    }

    [Theory]
    [InlineData(4, "1.2.3.4:0")]
    [InlineData(6, "1.2.3.4:1286")]
    [InlineData(5, null)]
    [InlineData(16, "[102:304:506:708:90a:b0c:d0e:f10]:0")]
    [InlineData(18, "[102:304:506:708:90a:b0c:d0e:f10]:4370")]
    public void Own_address_comes_with_and_without_port(int size, string? expected)
    {
        byte[] bytes = [.. Encoding.Latin1.GetBytes($"d2:ip{size}:"), .. Enumerable.Range(1, size).Select(value => (byte)value), .. "1:rd2:id20:abcdefghij0123456789e1:t1:a1:y1:re"u8];
        Decode(bytes).ExternalAddress?.ToString().ShouldBe(expected);
    }

    [Fact]
    public void Limits_hold_at_and_one_past()
    {
        var limits = new KrpcLimits { MaxBytes = 512, MaxTokens = 50, MaxDepth = 4, MaxTransactionId = 8, MaxToken = 8 };
        bool Reads(string text) => KrpcDecoder.TryDecode(Encoding.Latin1.GetBytes(text), limits, out _);
        string Padded(int size) => $"d1:rde1:t1:a1:x{size}:{new string('x', size)}1:y1:re";
        var room = 512 - Padded(400).Length + 400;
        Reads(Padded(room)).ShouldBeTrue();
        Reads(Padded(room + 1)).ShouldBeFalse();
        Reads("d1:rde1:t8:aaaaaaaa1:y1:re").ShouldBeTrue();
        Reads("d1:rde1:t9:aaaaaaaaa1:y1:re").ShouldBeFalse();
        Reads("d1:rde1:t1:a1:xllleee1:y1:re").ShouldBeTrue();
        Reads("d1:rde1:t1:a1:xlllleeee1:y1:re").ShouldBeFalse();
        // Two tokens an item, seven for the rest, one for the list and its key.
        string Many(int count) => $"d1:rde1:t1:a1:xl{string.Concat(Enumerable.Repeat("0:", count))}e1:y1:re";
        Reads(Many(41)).ShouldBeTrue();
        Reads(Many(42)).ShouldBeFalse();
        KrpcDecoder.TryDecode("d1:rd5:token8:aaaaaaaae1:t1:a1:y1:re"u8, limits, out var fits);
        fits.Token.Length.ShouldBe(8);
        KrpcDecoder.TryDecode("d1:rd5:token9:aaaaaaaaae1:t1:a1:y1:re"u8, limits, out var tooLong);
        tooLong.Token.Length.ShouldBe(0);
    }

    internal static byte[] Vector(string name, string list = "valid") =>
        Vectors.Load("krpc_messages.json").GetProperty(list).EnumerateArray().Single(vector => vector.Text("name") == name).Hex("hex");

    private static KrpcMessage Decode(ReadOnlySpan<byte> bytes)
    {
        KrpcDecoder.TryDecode(bytes, KrpcLimits.Default, out var message).ShouldBeTrue();
        return message;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private static string[] Nodes(CompactNodes nodes)
    {
        List<string> found = [];
        foreach (var node in nodes) found.Add(node.Address.ToString());
        return [.. found];
    }

    private static string[] Peers(CompactPeers peers)
    {
        List<string> found = [];
        foreach (var peer in peers) found.Add(peer.ToString());
        return [.. found];
    }
}
