using System.Threading.Channels;
using Swarm.Host;

namespace Swarm.Tests.Host;

/// <summary>What becomes of a question to the node that nobody answers.</summary>
public sealed class AskTests : IAsyncDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("asks");
    private readonly IActorRef _silent;

    public AskTests() => _silent = _system.ActorOf(AnswersActor.Props(Channel.CreateUnbounded<object>().Writer));

    public async ValueTask DisposeAsync() => await _system.Terminate();

    [Fact]
    public async Task No_answer_in_time_is_told_as_that()
    {
        var error = await Should.ThrowAsync<NoAnswerException>(() => SwarmNode.AskAsync<object>(_silent, "question", TimeSpan.FromMilliseconds(1), new TaskCompletionSource<string>().Task));
        error.Message.ShouldContain("may be done all the same");
    }

    [Fact]
    public async Task A_node_that_ends_meanwhile_is_told_with_its_reason()
    {
        var error = await Should.ThrowAsync<SwarmException>(() => SwarmNode.AskAsync<object>(_silent, "question", TimeSpan.FromHours(1), Task.FromResult("the disk is full")));
        error.ShouldNotBeOfType<NoAnswerException>();
        error.Message.ShouldBe("the disk is full");
    }
}
