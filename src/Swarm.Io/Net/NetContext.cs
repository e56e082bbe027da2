using Microsoft.Extensions.Logging;

namespace Swarm.Io.Net;

/// <summary>What all links of a process share.</summary>
internal sealed class NetContext(NetSettings settings, IBlockSource blocks, ILogger log)
{
    public NetSettings Settings { get; } = settings;

    public IBlockSource Blocks { get; } = blocks;

    public ILogger Log { get; } = log;

    public SlabPool Slabs { get; } = new(settings, blocks.SlabsRanDry);

    public SendPlanPool Plans { get; } = new(settings);

    public LinkTable Links { get; } = new(settings.MaxLinks);

    public NetTally Tally { get; } = new();
}
