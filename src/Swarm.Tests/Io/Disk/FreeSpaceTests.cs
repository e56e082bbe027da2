using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Actors.Ports;
using Swarm.Io.Disk;

namespace Swarm.Tests.Io.Disk;

/// <summary>How much room there is, of real file systems.</summary>
public sealed class FreeSpaceTests
{
    [Fact]
    public void It_is_told_of_a_folder_that_is_there_and_of_one_that_will_be()
    {
        using var replies = new ReplyBox();
        var space = new FreeSpace(NullLogger.Instance);
        var here = Path.GetTempPath();
        foreach (var folder in new[] { here, Path.Combine(here, "not", "yet", Guid.NewGuid().ToString()) })
        {
            // One that comes while another is under way is dropped.
            SpinWait.SpinUntil(() =>
            {
                space.Measure(folder, replies);
                return SpinWait.SpinUntil(() => replies.Waiting > 0, 100);
            }, TimeSpan.FromSeconds(90)).ShouldBeTrue();
            var measured = replies.Take<ISpace.Measured>();
            measured.FreeBytes.ShouldBeInRange(1, new DriveInfo(here).TotalSize);
            while (replies.Waiting > 0) replies.Take<ISpace.Measured>();
        }
    }
}
