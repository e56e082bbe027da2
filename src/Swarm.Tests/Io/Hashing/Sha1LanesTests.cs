using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Swarm.Io.Hashing;

namespace Swarm.Tests.Io.Hashing;

/// <summary>Sixteen hashes in step, beside the runtime's own. Without the instructions for them there is nothing to test.</summary>
public sealed class Sha1LanesTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    [Theory]
    [InlineData("", "da39a3ee5e6b4b0d3255bfef95601890afd80709")]
    [InlineData("abc", "a9993e364706816aba3e25717850c26c9cd0d89d")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1")]
    public void The_standards_examples_come_out_in_every_lane(string message, string hash)
    {
        Assert.SkipUnless(Sha1Lanes.IsSupported, "this processor has no instructions for it");
        using var lanes = new Sha1Lanes();
        lanes.Begin();
        for (var lane = 0; lane < Sha1Lanes.Most; lane++) Finish(lanes, lane, Encoding.ASCII.GetBytes(message), message.Length).ShouldBe(hash);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_messages_fed_in_any_steps_have_the_hashes_that_they_have_alone(int seed)
    {
        Assert.SkipUnless(Sha1Lanes.IsSupported, "this processor has no instructions for it");
        var random = new Random(seed);
        var count = random.Next(1, Sha1Lanes.Most + 1);
        var common = random.Next(0, 60) * Sha1Lanes.BlockBytes;
        var messages = Enumerable.Range(0, count).Select(_ => Bytes(random, common + random.Next(Sha1Lanes.BlockBytes))).ToArray();
        using var lanes = new Sha1Lanes();
        foreach (var _ in Enumerable.Range(0, 2))
        {
            lanes.Begin();
            for (var done = 0; done < common;)
            {
                var blocks = random.Next(1, ((common - done) / Sha1Lanes.BlockBytes) + 1);
                lanes.Append(messages.Select(m => Marshal.UnsafeAddrOfPinnedArrayElement(m, done)).ToArray(), blocks);
                done += blocks * Sha1Lanes.BlockBytes;
            }

            foreach (var lane in Enumerable.Range(0, count).OrderBy(_ => random.Next()))
            {
                Finish(lanes, lane, messages[lane].AsSpan(common), messages[lane].Length).ShouldBe(Convert.ToHexStringLower(SHA1.HashData(messages[lane])));
            }
        }
    }

    [Fact]
    public void A_lane_that_is_finished_leaves_the_others_as_they_were()
    {
        Assert.SkipUnless(Sha1Lanes.IsSupported, "this processor has no instructions for it");
        var message = Bytes(new Random(7), 4 * Sha1Lanes.BlockBytes);
        using var lanes = new Sha1Lanes();
        lanes.Begin();
        lanes.Append([Marshal.UnsafeAddrOfPinnedArrayElement(message, 0)], 1);
        Finish(lanes, 0, [], Sha1Lanes.BlockBytes).ShouldBe(Convert.ToHexStringLower(SHA1.HashData(message.AsSpan(0, Sha1Lanes.BlockBytes))));
        lanes.Append([Marshal.UnsafeAddrOfPinnedArrayElement(message, Sha1Lanes.BlockBytes)], 3);
        for (var lane = 0; lane < Sha1Lanes.Most; lane++) Finish(lanes, lane, [], message.Length).ShouldBe(Convert.ToHexStringLower(SHA1.HashData(message)));
    }

    [Fact]
    public void Feeding_and_finishing_allocate_nothing()
    {
        Assert.SkipUnless(Sha1Lanes.IsSupported, "this processor has no instructions for it");
        var message = Bytes(new Random(7), 4 * Sha1Lanes.BlockBytes);
        using var lanes = new Sha1Lanes();
        nint[] addresses = [Marshal.UnsafeAddrOfPinnedArrayElement(message, 0)];
        var hash = new byte[20];
        Allocations.Of(10, () =>
        {
            lanes.Begin();
            lanes.Append(addresses, 4);
            lanes.Finish(0, [], message.Length, hash);
        }).ShouldBe(0);
    }

    private static string Finish(Sha1Lanes lanes, int lane, ReadOnlySpan<byte> tail, long length)
    {
        var hash = new byte[20];
        lanes.Finish(lane, tail, length, hash);
        return Convert.ToHexStringLower(hash);
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        random.NextBytes(bytes);
        return bytes;
    }
}
