using System.Buffers;
using Swarm.Actors.Torrents;

namespace Swarm.Tests.Actors.Torrents;

public sealed class OutgoingBytesTests
{
    [Fact]
    public void Bytes_come_out_as_they_were_written_however_often_the_memory_grew_or_was_given_back()
    {
        var random = new Random(7);
        var bytes = new OutgoingBytes();
        for (var round = 0; round < 50; round++)
        {
            var expected = new List<byte>();
            for (var i = random.Next(6); i >= 0; i--)
            {
                var part = new byte[random.Next(1, 900)];
                random.NextBytes(part);
                if (random.Next(2) == 0) part.CopyTo(bytes.GetSpan(part.Length));
                else part.CopyTo(bytes.GetMemory(part.Length));
                bytes.Advance(part.Length);
                expected.AddRange(part);
            }

            bytes.Count.ShouldBe(expected.Count);
            bytes.Written.SequenceEqual(expected.ToArray()).ShouldBeTrue();
            bytes.Drop();
            bytes.Count.ShouldBe(0);
            bytes.Written.IsEmpty.ShouldBeTrue();
        }
    }

    [Fact]
    public void Who_says_nothing_holds_nothing_and_who_wrote_may_not_claim_more_than_he_was_lent()
    {
        var bytes = new OutgoingBytes();
        Should.Throw<ArgumentOutOfRangeException>(() => bytes.Advance(1));
        bytes.GetSpan().Length.ShouldBeGreaterThan(0, "an interface's promise: never empty");
        bytes.Drop();
        Should.Throw<ArgumentOutOfRangeException>(() => bytes.Advance(1));
        var lent = bytes.GetSpan(10).Length;
        Should.Throw<ArgumentOutOfRangeException>(() => bytes.Advance(lent + 1));
        bytes.Write(new byte[lent]);
        bytes.Count.ShouldBe(lent);
        bytes.Drop();
        bytes.Drop();
    }
}
