using System.Text;
using System.Text.Json;
using Swarm.Io.Crypto;
using Swarm.Tests.Protocol.Bencoding;

namespace Swarm.Tests.Io.Crypto;

public sealed class Ed25519Tests
{
    private static readonly byte[] Seed = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
    private static readonly byte[] Message = "4:salt6:foobar3:seqi1e1:v12:Hello World!"u8.ToArray();

    public static TheoryData<string> SignedWithSeeds() =>
        [.. Vectors.Load("ed25519.json").GetProperty("vectors").EnumerateArray().Concat(Vectors.Load("bep44_dht_items.json").GetProperty("derived").EnumerateArray()).Select(vector => vector.GetRawText())];

    public static TheoryData<string> SignedWithExpandedKeys() =>
        [.. Vectors.Load("bep44_dht_items.json").GetProperty("vectors").EnumerateArray().Where(vector => vector.TryGetProperty("signature_hex", out _)).Select(vector => vector.GetRawText())];

    [Theory]
    [MemberData(nameof(SignedWithSeeds))]
    public void A_seed_has_the_key_and_the_signature_that_others_computed(string json)
    {
        var vector = JsonDocument.Parse(json).RootElement;
        var message = vector.Hex(vector.TryGetProperty("message_hex", out _) ? "message_hex" : "signed_buffer_hex");
        var (key, signature) = (new byte[32], new byte[64]);
        Ed25519.KeyFromSeed(vector.Hex("seed_hex"), key);
        Ed25519.Sign(vector.Hex("seed_hex"), message, signature);
        key.ShouldBe(vector.Hex("public_key_hex"));
        signature.ShouldBe(vector.Hex("signature_hex"));
        Ed25519.Verify(key, message, signature).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(SignedWithExpandedKeys))]
    public void Signatures_of_the_items_in_BEP_44_hold(string json)
    {
        var vector = JsonDocument.Parse(json).RootElement;
        var message = Encoding.ASCII.GetBytes(vector.GetProperty("signed_buffer_ascii").GetString()!);
        Ed25519.Verify(vector.Hex("public_key_hex"), message, vector.Hex("signature_hex")).ShouldBeTrue();
        message[^1]++;
        Ed25519.Verify(vector.Hex("public_key_hex"), message, vector.Hex("signature_hex")).ShouldBeFalse();
    }

    [Fact]
    public void One_changed_bit_anywhere_is_seen()
    {
        var (key, signature) = Signed();
        foreach (var part in (byte[][])[key, Message, signature])
        {
            for (var bit = 0; bit < part.Length * 8; bit++)
            {
                part[bit / 8] ^= (byte)(1 << (bit % 8));
                Ed25519.Verify(key, Message, signature).ShouldBeFalse();
                part[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }

        Ed25519.Verify(key, Message, signature).ShouldBeTrue();
        Ed25519.Verify(key, Message.AsSpan(1), signature).ShouldBeFalse();
    }

    [Fact]
    public void A_signature_has_one_form()
    {
        // The order of the group, added to S: the same number modulo the order, which RFC 8032 forbids.
        var order = new System.Numerics.BigInteger(Convert.FromHexString("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"), isUnsigned: true);
        var (key, signature) = Signed();
        var s = new System.Numerics.BigInteger(signature.AsSpan(32), isUnsigned: true) + order;
        s.TryWriteBytes(signature.AsSpan(32), out _, isUnsigned: true).ShouldBeTrue();
        Ed25519.Verify(key, Message, signature).ShouldBeFalse();
    }

    [Fact]
    public void Foreign_bytes_of_any_length_are_false_and_own_ones_a_bug()
    {
        var (key, signature) = Signed();
        foreach (var length in (int[])[0, 1, 31, 33, 63, 64, 65])
        {
            Ed25519.Verify(new byte[length], Message, signature).ShouldBeFalse();
            Ed25519.Verify(key, Message, new byte[length]).ShouldBeFalse();
        }

        Should.Throw<ArgumentException>(() => Ed25519.KeyFromSeed(new byte[31], key));
        Should.Throw<ArgumentException>(() => Ed25519.KeyFromSeed(new byte[64], key));
        Should.Throw<ArgumentException>(() => Ed25519.KeyFromSeed(Seed, new byte[33]));
        Should.Throw<ArgumentException>(() => Ed25519.Sign(new byte[33], Message, signature));
        Should.Throw<ArgumentException>(() => Ed25519.Sign(Seed, Message, new byte[63]));
    }

    [Fact]
    public void Fuzz_what_is_no_signature_is_false_and_what_was_signed_is_true()
    {
        var random = new Random(44);
        var (seed, key, signature) = (new byte[32], new byte[32], new byte[64]);
        for (var i = 0; i < 500; i++)
        {
            var message = new byte[random.Next(1200)];
            random.NextBytes(message);
            random.NextBytes(seed);
            Ed25519.KeyFromSeed(seed, key);
            Ed25519.Sign(seed, message, signature);
            Ed25519.Verify(key, message, signature).ShouldBeTrue();
            random.NextBytes(i % 2 == 0 ? signature : key);
            Ed25519.Verify(key, message, signature).ShouldBeFalse();
        }

        // Keys that are no points, and points of small order.
        foreach (var fill in (byte[])[0x00, 0x01, 0x7f, 0x80, 0xff])
        {
            key.AsSpan().Fill(fill);
            signature.AsSpan().Fill(fill);
            Should.NotThrow(() => Ed25519.Verify(key, [], signature));
        }
    }

    [Fact]
    public void Threads_do_not_disturb_each_other() => Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
    {
        var seed = Seed.Append((byte)i).Skip(1).ToArray();
        var (key, signature) = (new byte[32], new byte[64]);
        Ed25519.KeyFromSeed(seed, key);
        for (var round = 0; round < 20; round++)
        {
            Ed25519.Sign(seed, Message, signature);
            Ed25519.Verify(key, Message, signature).ShouldBeTrue();
            signature[round]++;
            Ed25519.Verify(key, Message, signature).ShouldBeFalse();
        }
    });

    [Fact]
    public void Nothing_is_allocated()
    {
        var (key, signature) = Signed();
        Use();
        Allocations.Of(100, Use).ShouldBe(0);

        void Use()
        {
            Ed25519.Sign(Seed, Message, signature);
            if (!Ed25519.Verify(key, Message, signature)) throw new InvalidOperationException("not verified");
        }
    }

    [Fact]
    public void A_machine_without_OpenSSL_is_told_what_to_install()
    {
        Ed25519.IsAvailable.ShouldBeTrue();
        Should.Throw<PlatformNotSupportedException>(() => LibCrypto.Load(["libcrypto-that-is-not-there.so"])).Message.ShouldContain("install");
    }

    private static (byte[] Key, byte[] Signature) Signed()
    {
        var (key, signature) = (new byte[32], new byte[64]);
        Ed25519.KeyFromSeed(Seed, key);
        Ed25519.Sign(Seed, Message, signature);
        return (key, signature);
    }
}
