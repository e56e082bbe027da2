using System.Text;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Storage;
using Swarm.Tests.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Dht;

public sealed class ItemStoreTests
{
    private static readonly long Hour = TimeSpan.FromHours(1).Ticks;
    private static readonly NodeId Own = NodeId.Create(new Random(9));
    private static readonly byte[] Seed = [.. Enumerable.Range(0, 32).Select(value => (byte)value)];
    private readonly ReferenceEd25519 _signatures = new();
    private readonly ItemStore _store;

    public ItemStoreTests() => _store = new ItemStore(DhtStorageSettings.Default, _signatures);

    [Fact]
    public void Reference_signatures_equal_the_vectors()
    {
        foreach (var vector in Vectors.Load("ed25519.json").GetProperty("vectors").EnumerateArray())
        {
            var (key, signature) = (new byte[32], new byte[64]);
            _signatures.KeyFromSeed(vector.Hex("seed_hex"), key);
            key.ShouldBe(vector.Hex("public_key_hex"));
            _signatures.Sign(vector.Hex("seed_hex"), vector.Hex("message_hex"), signature);
            signature.ShouldBe(vector.Hex("signature_hex"));
            _signatures.Verify(key, vector.Hex("message_hex"), signature).ShouldBeTrue();
            _signatures.Verify(key, [.. vector.Hex("message_hex"), 0], signature).ShouldBeFalse();
        }
    }

    [Fact]
    public void Targets_and_signed_bytes_equal_the_vectors_of_the_bep()
    {
        var vectors = Vectors.Load("bep44_dht_items.json");
        foreach (var vector in vectors.GetProperty("vectors").EnumerateArray())
        {
            var value = Encoding.ASCII.GetBytes(vector.Text("value_bencoded")!);
            if (vector.Text("public_key_hex") is null)
            {
                DhtItem.TargetOf(value).ToString().ShouldBe(vector.Text("target_hex"));
                continue;
            }

            var salt = Encoding.ASCII.GetBytes(vector.Text("salt_ascii")!);
            Signed(value, salt, 1).ShouldBe(Encoding.ASCII.GetBytes(vector.Text("signed_buffer_ascii")!));
            DhtItem.TargetOf(vector.Hex("public_key_hex"), salt).ToString().ShouldBe(vector.Text("target_hex"));
            DhtItem.IsSigned(value, vector.Hex("public_key_hex"), salt, 1, vector.Hex("signature_hex"), _signatures).ShouldBeTrue();
            DhtItem.IsSigned(value, vector.Hex("public_key_hex"), salt, 2, vector.Hex("signature_hex"), _signatures).ShouldBeFalse();
        }

        foreach (var vector in vectors.GetProperty("bep46").EnumerateArray())
        {
            DhtItem.TargetOf(vector.Hex("public_key_hex"), vector.Hex("salt_hex")).ToString().ShouldBe(vector.Text("target_hex"));
        }
    }

    [Fact]
    public void Items_that_are_made_equal_the_derived_vectors()
    {
        foreach (var vector in Vectors.Load("bep44_dht_items.json").GetProperty("derived").EnumerateArray())
        {
            var (value, salt, sequence) = (vector.Hex("value_bencoded_hex"), vector.Hex("salt_hex"), long.Parse(vector.Text("seq")!));
            Signed(value, salt, sequence).ShouldBe(vector.Hex("signed_buffer_hex"));
            var item = DhtItem.Mutable(value, salt, sequence, vector.Hex("seed_hex"), _signatures);
            item.PublicKey.ShouldBe(vector.Hex("public_key_hex"));
            item.Signature.ShouldBe(vector.Hex("signature_hex"));
            item.Target.ToString().ShouldBe(vector.Text("target_hex"));
            Put(item).ShouldBeNull(vector.Text("name"));
            _store.TryGet(item.Target, 0, out var stored).ShouldBeTrue();
            stored.ShouldBe(item);
        }
    }

    [Theory]
    [InlineData(1_000, null)]
    [InlineData(1_001, KrpcErrorCode.ValueTooBig)]
    public void Value_may_have_a_thousand_bytes(int size, KrpcErrorCode? expected)
    {
        var value = Encoding.ASCII.GetBytes($"{size - 4}:{new string('v', size - 4)}");
        value.Length.ShouldBe(size);
        DhtItem.Check(value, []).ShouldBe(expected);
        if (expected is null) Put(DhtItem.Immutable(value)).ShouldBeNull();
        else Should.Throw<ArgumentException>(() => DhtItem.Immutable(value));
    }

    [Theory]
    [InlineData(64, null)]
    [InlineData(65, KrpcErrorCode.SaltTooBig)]
    public void Salt_may_have_64_bytes(int size, KrpcErrorCode? expected) => DhtItem.Check("i1e"u8, new byte[size]).ShouldBe(expected);

    [Theory]
    [InlineData("i1e", null)]
    [InlineData("0:", null)]
    [InlineData("le", null)]
    [InlineData("d1:ai1e1:bi2ee", null)]
    [InlineData("d1:bi1e1:ai2ee", KrpcErrorCode.Protocol)]
    [InlineData("ld1:bi1e1:ai2eee", KrpcErrorCode.Protocol)]
    [InlineData("i1ei2e", KrpcErrorCode.Protocol)]
    [InlineData("i01e", KrpcErrorCode.Protocol)]
    [InlineData("5:abc", KrpcErrorCode.Protocol)]
    [InlineData("", KrpcErrorCode.Protocol)]
    public void Value_is_one_canonical_bencoded_value(string value, KrpcErrorCode? expected) => DhtItem.Check(Encoding.ASCII.GetBytes(value), []).ShouldBe(expected);

    [Fact]
    public void Higher_number_replaces_lower_ones_are_refused_and_the_same_lives_on()
    {
        Put(Item("1:a", 5)).ShouldBeNull();
        Put(Item("1:b", 4)).ShouldBe(KrpcErrorCode.SequenceTooLow);
        Put(Item("1:b", 5)).ShouldBe(KrpcErrorCode.SequenceTooLow);
        var verified = _signatures.Verifications;
        Put(Item("1:a", 5), Hour).ShouldBeNull();
        _signatures.Verifications.ShouldBe(verified, "the same again needs no check");
        _store.TryGet(Item("1:a", 5).Target, (3 * Hour) - 1, out _).ShouldBeTrue();
        Put(Item("1:c", 6), Hour).ShouldBeNull();
        _store.TryGet(Item("1:c", 6).Target, 2 * Hour, out var item).ShouldBeTrue();
        item!.Sequence.ShouldBe(6);
        _store.TryGet(Item("1:c", 6).Target, 3 * Hour, out _).ShouldBeFalse();
        (_store.Count, _store.Expired).ShouldBe((0, 1));
    }

    [Fact]
    public void Expected_number_must_be_the_stored_one_if_there_is_one()
    {
        Put(Item("1:a", 5), cas: 77).ShouldBeNull("nothing is stored");
        Put(Item("1:b", 6), cas: 4).ShouldBe(KrpcErrorCode.CasMismatch);
        Put(Item("1:b", 6), cas: 5).ShouldBeNull();
    }

    [Fact]
    public void Wrong_signatures_and_numbers_are_refused()
    {
        var item = Item("1:a", 5);
        Put(item with { Signature = [.. new byte[64]] }).ShouldBe(KrpcErrorCode.InvalidSignature);
        Put(item with { Sequence = 6 }).ShouldBe(KrpcErrorCode.InvalidSignature);
        Put(item with { Salt = [1] }).ShouldBe(KrpcErrorCode.InvalidSignature);
        Put(item with { Sequence = -1 }).ShouldBe(KrpcErrorCode.Protocol);
        _store.Count.ShouldBe(0);
    }

    [Fact]
    public void Full_store_keeps_what_is_close_and_drops_what_is_over_first()
    {
        var store = new ItemStore(new DhtStorageSettings { MaxItems = 10 }, _signatures);
        var items = Enumerable.Range(0, 60).Select(number => DhtItem.Immutable(Encoding.ASCII.GetBytes($"i{number}e"))).ToList();
        foreach (var item in items) store.Put(PutOf(item, null), Own, 0).ShouldBeOneOf(null, KrpcErrorCode.Server);
        store.Count.ShouldBe(10);
        store.Evicted.ShouldBe(50);
        var closest = items.OrderBy(item => item.Target.DistanceTo(Own)).Take(10).ToList();
        closest.ShouldAllBe(item => IsStored(store, item, 0));
        store.Put(PutOf(DhtItem.Immutable("i99e"u8), null), Own, 2 * Hour).ShouldBeNull();
        (store.Count, store.Expired).ShouldBe((1, 10));
    }

    private static bool IsStored(ItemStore store, DhtItem item, long now) => store.TryGet(item.Target, now, out _);

    private static byte[] Signed(byte[] value, byte[] salt, long sequence)
    {
        var buffer = new byte[2_000];
        return buffer[..DhtItem.WriteSigned(salt, sequence, value, buffer)];
    }

    private DhtItem Item(string value, long sequence) => DhtItem.Mutable(Encoding.ASCII.GetBytes(value), "salt"u8, sequence, Seed, _signatures);

    private KrpcErrorCode? Put(DhtItem item, long now = 0, long? cas = null) => _store.Put(PutOf(item, cas), Own, now);

    private static KrpcMessage PutOf(DhtItem item, long? cas) => new()
    {
        Kind = KrpcKind.Query,
        Method = KrpcMethod.Put,
        Value = item.Value.AsSpan(),
        PublicKey = item.PublicKey.AsSpan(),
        Salt = item.Salt.AsSpan(),
        Sequence = item.IsMutable ? item.Sequence : null,
        Signature = item.Signature.AsSpan(),
        Cas = cas,
    };
}
