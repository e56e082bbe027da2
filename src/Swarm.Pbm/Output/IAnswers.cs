using System.Text.Json;

namespace Swarm.Pbm.Output;

/// <summary>Where the answers of one command go: several where there are pages or events.</summary>
internal interface IAnswers
{
    /// <summary>Elements of lists for which the command was not done.</summary>
    int Undone { get; }

    /// <summary>Shows an answer, page or event. <paramref name="columns"/>: the width there is.</summary>
    void Show(JsonElement answer, int columns);

    /// <summary>There is no more.</summary>
    void End();
}
