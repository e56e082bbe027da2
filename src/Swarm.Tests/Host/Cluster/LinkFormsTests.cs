using System.Collections.Immutable;
using Swarm.Host.Cluster;
using Swarm.Protocol.Cluster;

namespace Swarm.Tests.Host.Cluster;

/// <summary>What goes over the link as bytes: forms, proofs, batches, and numbers that are taken once.</summary>
public sealed class LinkFormsTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly byte[] Other = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly LinkHello Hello = new(7, "node-1:9120", "[2001:db8::1]:9120", [.. new byte[LinkForms.NonceBytes]]);
    private static readonly LinkWelcome Welcome = new([.. new byte[LinkForms.SessionBytes]], [.. new byte[LinkForms.NonceBytes]]);

    [Fact]
    public void A_hello_is_read_by_who_has_the_key()
    {
        var bytes = LinkForms.Write(Hello, Key);
        var read = LinkForms.ReadHello(bytes, Key, out _).ShouldNotBeNull();
        (read.Cluster, read.From, read.To).ShouldBe((Hello.Cluster, Hello.From, Hello.To));
        LinkForms.ReadHello(bytes, Other, out var isForged).ShouldBeNull();
        isForged.ShouldBeTrue();
    }

    [Fact]
    public void A_welcome_is_one_to_this_hello_alone()
    {
        var bytes = LinkForms.Write(Welcome, Hello, Key);
        LinkForms.ReadWelcome(bytes, Hello, Key).ShouldNotBeNull();
        LinkForms.ReadWelcome(bytes, Hello, Other).ShouldBeNull();
        LinkForms.ReadWelcome(bytes, Hello with { Nonce = [.. Other] }, Key).ShouldBeNull();
        LinkForms.ReadWelcome(bytes, Hello with { To = "node-3:9120" }, Key).ShouldBeNull();
    }

    [Fact]
    public void No_bit_of_a_request_can_be_changed_and_none_passes_for_another_part()
    {
        var session = LinkForms.SessionKey(Hello, Welcome, Key);
        var bytes = LinkForms.WriteRequest(LinkPart.Messages, Welcome.Session, 5, "content"u8, session);
        LinkForms.TrySplit(bytes, out var name, out var sequence, out var content).ShouldBeTrue();
        (sequence, Convert.ToHexString(name.AsSpan())).ShouldBe((5UL, Convert.ToHexString(Welcome.Session.AsSpan())));
        content.ToArray().ShouldBe("content"u8.ToArray());
        LinkForms.IsProven(LinkPart.Messages, bytes, session).ShouldBeTrue();
        LinkForms.IsProven(LinkPart.Call, bytes, session).ShouldBeFalse();
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            LinkForms.IsProven(LinkPart.Messages, bytes, session).ShouldBeFalse();
            bytes[i] ^= 1;
        }
    }

    [Fact]
    public void An_answer_is_one_to_this_request_alone()
    {
        var bytes = LinkForms.WriteAnswer(new NodeAnswer(NodeAnswerStatus.Done, new byte[] { 1, 2 }), Welcome.Session, 5, Key);
        LinkForms.ReadAnswer(bytes, Welcome.Session, 5, Key).ShouldNotBeNull().Body.ToArray().ShouldBe([1, 2]);
        LinkForms.ReadAnswer(bytes, Welcome.Session, 6, Key).ShouldBeNull();
        LinkForms.ReadAnswer(bytes, Welcome.Session, 5, Other).ShouldBeNull();
        LinkForms.ReadAnswer(bytes.AsSpan(..^1), Welcome.Session, 5, Key).ShouldBeNull();
    }

    [Fact]
    public void Whatever_bytes_come_as_a_hello_are_read_or_refused()
    {
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = round % 2 == 0 ? LinkForms.Write(Hello, Key) : new byte[random.Next(LinkForms.MaxHelloBytes + 10)];
            if (round % 2 == 0) bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            else random.NextBytes(bytes);
            LinkForms.ReadHello(bytes.AsSpan(..random.Next(bytes.Length + 1)), Key, out _).ShouldBeNull();
        }
    }

    [Fact]
    public void A_hello_of_one_who_has_the_key_and_writes_nonsense_is_read_or_refused()
    {
        var random = new Random(5);
        var good = LinkForms.Write(Hello, Key).AsSpan(..^LinkForms.ProofBytes).ToArray();
        Proven(good).ShouldBe(LinkForms.Write(Hello, Key));
        var read = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var said = good.ToArray();
            for (var i = random.Next(4); i >= 0; i--) said[random.Next(said.Length)] = (byte)random.Next(256);
            read += LinkForms.ReadHello(Proven(said.AsSpan(..random.Next(said.Length + 1)).ToArray()), Key, out var isForged) is null ? 0 : 1;
            isForged.ShouldBeFalse();
        }

        read.ShouldBeGreaterThan(0);

        // As the form says: the part, then each piece after its length.
        static byte[] Proven(byte[] said)
        {
            var length = new byte[4];
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(length, said.Length);
            return [.. said, .. System.Security.Cryptography.HMACSHA256.HashData(Key, (byte[])[1, .. length, .. said, .. new byte[8]])];
        }
    }

    [Fact]
    public void A_batch_is_read_as_it_was_written()
    {
        ImmutableArray<ImmutableArray<byte>> messages = [[1], [.. new byte[ClusterLimits.MaxMessageBytes]], [2, 3]];
        MessageBatch.TryRead(MessageBatch.Write([.. messages]), 3, out var read).ShouldBeTrue();
        read.Select(Text).ShouldBe(messages.Select(Text));
        MessageBatch.TryRead([], 3, out read).ShouldBeTrue();
        read.ShouldBeEmpty();
    }

    [Fact]
    public void A_batch_with_one_message_too_many_or_too_large_is_refused_whole()
    {
        MessageBatch.TryRead(MessageBatch.Write([[1], [2], [3]]), 2, out var read).ShouldBeFalse();
        read.ShouldBeEmpty();
        MessageBatch.TryRead(MessageBatch.Write([[1], [.. new byte[ClusterLimits.MaxMessageBytes + 1]]]), 2, out _).ShouldBeFalse();
        MessageBatch.TryRead(MessageBatch.Write([[1], []]), 2, out _).ShouldBeFalse();
        MessageBatch.TryRead(MessageBatch.Write([[1, 2]]).AsSpan(..^1), 2, out _).ShouldBeFalse();
    }

    [Fact]
    public void Whatever_bytes_come_as_a_batch_are_read_or_refused_and_hold_no_more_than_they_are()
    {
        var random = new Random(2);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            // Small lengths, so that some are read.
            for (var i = 0; i < bytes.Length; i++) bytes[i] = random.Next(3) == 0 ? bytes[i] : (byte)random.Next(3);
            if (MessageBatch.TryRead(bytes, 16, out var read)) (read.Length <= 16 && read.Sum(message => message.Length + MessageBatch.Overhead) == bytes.Length).ShouldBeTrue();
            else read.ShouldBeEmpty();
        }
    }

    [Fact]
    public void Each_number_is_taken_once_in_any_order_within_the_window()
    {
        var random = new Random(3);
        var window = new ReplayWindow();
        var taken = new HashSet<ulong>();
        var greatest = 0UL;
        for (var round = 0; round < 50_000; round++)
        {
            var sequence = (ulong)Math.Max(0, (long)greatest + random.Next(-1_100, round % 1_000 == 0 ? 3_000 : 3));
            var expected = sequence > 0 && (sequence > greatest || greatest - sequence < ReplayWindow.Size) && !taken.Contains(sequence);
            window.TryTake(sequence).ShouldBe(expected, $"{sequence} after {greatest}");
            if (!expected) continue;
            taken.Add(sequence);
            greatest = Math.Max(greatest, sequence);
        }
    }

    [Fact]
    public void Hellos_that_lead_to_nothing_displace_no_session_in_use()
    {
        var sessions = new LinkSessions(16);
        var used = Session(-1);
        sessions.Add(used);
        sessions.TryTake(used, 1).ShouldBeTrue();
        for (var i = 0; i < LinkSessions.UnusedLimit * 3; i++) sessions.Add(Session(i));
        sessions.Find(used.Name).ShouldBeSameAs(used);
        sessions.Count.ShouldBe(LinkSessions.UnusedLimit + 1);
    }

    [Fact]
    public void Of_the_sessions_in_use_the_one_not_heard_for_longest_makes_room()
    {
        var sessions = new LinkSessions(16);
        LinkSession[] all = [.. Enumerable.Range(0, 17).Select(Session)];
        foreach (var session in all[..16])
        {
            sessions.Add(session);
            sessions.TryTake(session, 1);
        }

        sessions.TryTake(all[0], 2);
        sessions.Add(all[16]);
        sessions.TryTake(all[16], 1).ShouldBeTrue();
        sessions.Find(all[0].Name).ShouldNotBeNull();
        sessions.Find(all[1].Name).ShouldBeNull();
        sessions.TryTake(all[0], 2).ShouldBeFalse();
    }

    private static LinkSession Session(int number) => new([.. BitConverter.GetBytes(number)], Key, "node:1");

    private static string Text(ImmutableArray<byte> bytes) => Convert.ToHexString(bytes.AsSpan());
}
