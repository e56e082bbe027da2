using System.Collections.Immutable;
using Swarm.Protocol.Metainfo;
using Swarm.TestKit.Content;

namespace Swarm.Tests.Protocol.Metainfo;

public sealed class MetainfoFileTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("http://a/announce", "http://w/one")]
    [InlineData("http://a/announce udp://b:1/announce|http://c/announce", "http://w/one http://w/two")]
    public void A_file_is_read_as_the_torrent_it_was_made_of(string tiers, string webSeeds)
    {
        var info = SimContent.OneFile(400_000, 65_536, 5, []).Metainfo.RawInfo;
        MetainfoParser.TryParseInfo(info, MetainfoLimits.Default, out var metainfo, out var error).ShouldBeTrue(error);
        metainfo = metainfo! with
        {
            TrackerTiers = [.. tiers.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(tier => tier.Split(' ').ToImmutableArray())],
            WebSeeds = [.. webSeeds.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
        };
        MetainfoParser.TryParse(MetainfoFile.Of(metainfo).ToArray(), MetainfoLimits.Default, out var read, out error).ShouldBeTrue(error);
        read!.WireHash.ShouldBe(metainfo.WireHash);
        read.RawInfo.ToArray().ShouldBe(info.ToArray());
        read.Layout.Geometry.TotalLength.ShouldBe(400_000);
        read.TrackerTiers.Select(tier => string.Join(' ', tier)).ShouldBe(metainfo.TrackerTiers.Select(tier => string.Join(' ', tier)));
        read.WebSeeds.ShouldBe(metainfo.WebSeeds);
    }
}
