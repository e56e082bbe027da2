using Swarm.Tests.Protocol.Bencoding;

namespace Swarm.Tests.Protocol.Primitives;

public sealed class DatagramKindTests
{
    [Theory]
    [InlineData("64", DatagramKind.Krpc)]
    [InlineData("64313a", DatagramKind.Krpc)]
    [InlineData("0000000012345678", DatagramKind.TrackerReply)]
    [InlineData("000000011234567800", DatagramKind.TrackerReply)]
    [InlineData("0000000212345678", DatagramKind.TrackerReply)]
    [InlineData("0000000312345678", DatagramKind.TrackerReply)]
    [InlineData("0100000000000000000000000000000000000000", DatagramKind.Utp)]
    [InlineData("1100000000000000000000000000000000000000", DatagramKind.Utp)]
    [InlineData("2100000000000000000000000000000000000000", DatagramKind.Utp)]
    [InlineData("3100000000000000000000000000000000000000", DatagramKind.Utp)]
    [InlineData("41000000000000000000000000000000000000000000", DatagramKind.Utp)]
    public void A_kind_is_known_by_its_first_bytes(string hex, DatagramKind kind) => DatagramClassifier.Classify(Convert.FromHexString(hex)).ShouldBe(kind);

    [Theory]
    [InlineData("", "nothing")]
    [InlineData("00", "one byte")]
    [InlineData("00000000123456", "a tracker's reply that is a byte short")]
    [InlineData("0000000412345678", "an action that no reply has")]
    [InlineData("0000041727101980000000001234567800000000", "a request to a tracker: we are none here")]
    [InlineData("01000000000000000000000000000000000000", "uTP that is a byte short")]
    [InlineData("5100000000000000000000000000000000000000", "a type that uTP has not")]
    [InlineData("0200000000000000000000000000000000000000", "a version that uTP has not")]
    [InlineData("0000000000", "version 0 of uTP")]
    [InlineData("6c693165", "a bencoded list")]
    [InlineData("42542d534541524348", "BT-SEARCH, which is for another port")]
    public void What_is_of_no_kind_is_unknown(string hex, string what) => DatagramClassifier.Classify(Convert.FromHexString(hex)).ShouldBe(DatagramKind.Unknown, what);

    [Fact]
    public void Fuzz_every_datagram_has_one_kind_and_keeps_it_when_more_bytes_follow()
    {
        byte[][] valid = ["d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"u8.ToArray(), new byte[16], [0x41, .. new byte[19]]];
        foreach (var input in Fuzz.Inputs(seed: 15, count: 20_000, valid, new byte[] { 0, 1, 2, 3, 4, 0x11, 0x21, 0x41, 0x51, (byte)'d' }))
        {
            var kind = DatagramClassifier.Classify(input);
            Enum.IsDefined(kind).ShouldBeTrue();
            if (kind != DatagramKind.Unknown) DatagramClassifier.Classify([.. input, 1, 2, 3]).ShouldBe(kind);
        }
    }
}
