using Swarm.Actors.Ports;
using Swarm.Io.Programs;

namespace Swarm.Tests.Io.Programs;

public sealed class ProcessProgramsTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly ActorSystem _system = ActorSystem.Create("programs", ActorSystemSettings.Default);
    private readonly ProcessPrograms _programs = new();
    private readonly TaskCompletionSource<object> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async ValueTask DisposeAsync()
    {
        _programs.Dispose();
        await _system.Terminate();
    }

    [Fact]
    public async Task Arguments_reach_a_program_as_they_are_and_both_its_outputs_and_its_exit_code_are_told()
    {
        var ended = (await RunAsync("/bin/sh", Patience, "-c", "printf '<%s>' \"$@\"; echo; echo wrong >&2; exit 3", "sh", "a b", "$(x)", "")).ShouldBeOfType<IPrograms.Ended>();
        (ended.Tag, ended.ExitCode, ended.TimedOut).ShouldBe((7, 3, false));
        ended.Output.Split('\n').Order(StringComparer.Ordinal).ShouldBe(["<a b><$(x)><>", "wrong"]);
    }

    [Fact]
    public async Task One_that_takes_too_long_is_killed() =>
        (await RunAsync("/bin/sh", TimeSpan.FromMilliseconds(200), "-c", "sleep 1000")).ShouldBeOfType<IPrograms.Ended>().TimedOut.ShouldBeTrue();

    [Fact]
    public async Task Of_much_output_the_end_is_kept()
    {
        var ended = (await RunAsync("/bin/sh", Patience, "-c", "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done")).ShouldBeOfType<IPrograms.Ended>();
        ended.Output.Length.ShouldBe(ProcessPrograms.OutputLimit);
        ended.Output.ShouldEndWith("line 1999");
    }

    [Fact]
    public async Task One_that_is_not_there_is_said() => (await RunAsync("/no/such/program", Patience)).ShouldBeOfType<IPrograms.NotRun>().Reason.ShouldStartWith("/no/such/program cannot be started: ");

    private Task<object> RunAsync(string program, TimeSpan timeout, params string[] arguments)
    {
        var owner = _system.ActorOf(Props.Create(() => new Owner(_told)));
        _programs.Run(program, [.. arguments], timeout, 7, owner);
        return _told.Task.WaitAsync(Patience);
    }

    private sealed class Owner(TaskCompletionSource<object> told) : UntypedActor
    {
        protected override void OnReceive(object message) => told.TrySetResult(message);
    }
}
