using System.Threading.Channels;

namespace Swarm.Host;

/// <summary>Passes everything it is told to a reader: the answers to one command, of which there may be several. One a command; stopped by who made it.</summary>
internal sealed class AnswersActor : UntypedActor
{
    private readonly ChannelWriter<object> _answers;

    private AnswersActor(ChannelWriter<object> answers) => _answers = answers;

    public static Props Props(ChannelWriter<object> answers) => ActorProps.Create(() => new AnswersActor(answers));

    protected override void OnReceive(object message) => _answers.TryWrite(message);
}
