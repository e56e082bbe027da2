using Microsoft.Extensions.Hosting;

namespace Swarm.Host;

/// <summary>For the web servers inside the program, which has its own way to end: no signal is theirs.</summary>
internal sealed class NoSignals : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
