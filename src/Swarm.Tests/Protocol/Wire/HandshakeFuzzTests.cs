using Swarm.Protocol.Wire;

namespace Swarm.Tests.Protocol.Wire;

public sealed class HandshakeFuzzTests
{
    [Fact]
    public void Fuzzed_handshakes_in_random_portions_never_throw_never_overrun_and_never_change_their_mind()
    {
        var random = new Random(68);
        var valid = new byte[Handshake.Size];
        new Handshake(ReservedBits.Fast, new InfoHash(new byte[20]), new PeerId(new byte[20])).Write(valid);
        var (complete, failed) = (0, 0);
        for (var round = 0; round < 50_000; round++)
        {
            byte[] bytes = [.. valid, .. new byte[random.Next(40)]];
            for (var i = random.Next(3); i > 0; i--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var decoder = new HandshakeDecoder();
            var position = 0;
            while (position < bytes.Length && decoder.Progress is not (HandshakeProgress.Complete or HandshakeProgress.Failed))
            {
                var before = decoder.Progress;
                decoder.Read(bytes.AsSpan(0, random.Next(position, bytes.Length) + 1), ref position);
                ((int)decoder.Progress).ShouldBeGreaterThanOrEqualTo((int)before);
                position.ShouldBeLessThanOrEqualTo(Handshake.Size);
            }

            // What fails, fails for its first twenty bytes and nothing else.
            var isBitTorrent = bytes.AsSpan(0, Handshake.Protocol.Length).SequenceEqual(Handshake.Protocol);
            decoder.Progress.ShouldBe(isBitTorrent ? HandshakeProgress.Complete : HandshakeProgress.Failed);
            (decoder.Error is null).ShouldBe(isBitTorrent);
            if (isBitTorrent) complete++;
            else failed++;
        }

        complete.ShouldBeGreaterThan(0);
        failed.ShouldBeGreaterThan(0);
    }
}
