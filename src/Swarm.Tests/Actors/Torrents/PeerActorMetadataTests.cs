using Swarm.Actors.Torrents;
using Swarm.Protocol.Wire;

namespace Swarm.Tests.Actors.Torrents;

public sealed class PeerActorMetadataTests
{
    [Fact]
    public void Metadata_is_offered_asked_for_and_passed_on()
    {
        var world = new PeerWorld(knowsMetadata: false).Outgoing();
        world.Say(output => new ExtensionHandshake { Extensions = [new ExtensionMapping(ExtensionId.Metadata, 9)], MetadataSize = 100 }.Write(output));
        world.MetadataTold.OfType<MetadataActor.PeerOffers>().Last().Size.ShouldBe(100);
        world.Tell(new PeerActor.RequestMetadata(0));
        world.Other.Messages.Last().Payload[0].ShouldBe((byte)9);
        world.Say(output => MetadataMessage.WriteData(output, (byte)ExtensionId.Metadata, 0, 100, new byte[100]));
        world.MetadataTold.OfType<MetadataActor.PieceReceived>().ShouldHaveSingleItem().Bytes.Length.ShouldBe(100);
        world.Say(output => output.HaveAll());
        world.Tell(new PeerActor.FetchMetadata(null));
        world.Tell(new PeerActor.ContentKnown(world.Known));
        world.PiecesTold.OfType<PiecesActor.PeerHas>().ShouldHaveSingleItem().Pieces.IsDefault.ShouldBeTrue("it said that it has everything");
    }

    [Fact]
    public void Metadata_is_served_but_not_of_a_private_torrent()
    {
        var world = new PeerWorld().Outgoing();
        world.Say(output => new ExtensionHandshake { Extensions = [new ExtensionMapping(ExtensionId.Metadata, 9)] }.Write(output));
        var before = world.Other.Messages.Count;
        world.Say(output => MetadataMessage.WriteRequest(output, (byte)ExtensionId.Metadata, 0));
        var answer = world.Other.Messages.Skip(before).ShouldHaveSingleItem();
        answer.Id.ShouldBe(MessageId.Extended);
        answer.Payload.AsSpan()[^world.Content.Metainfo.RawInfo.Length..].SequenceEqual(world.Content.Metainfo.RawInfo.Span).ShouldBeTrue();
    }
}
