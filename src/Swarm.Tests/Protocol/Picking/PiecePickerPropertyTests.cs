using FsCheck;
using FsCheck.Fluent;

namespace Swarm.Tests.Protocol.Picking;

/// <summary>Random histories of a swarm against <see cref="PickerModel"/>: each answer is judged, and all of the state is compared after every few steps.</summary>
public sealed class PiecePickerPropertyTests
{
    [Fact]
    public void Picker_agrees_with_the_model_after_any_history()
    {
        var config = Config.QuickThrowOnFailure.WithMaxTest(120).WithReplay(4_711, 4_713);
        Prop.ForAll(Gen.Choose(0, 1_000_000).ToArbitrary(), seed =>
        {
            var history = new PickerHistory(seed);
            for (var step = 0; step < 250; step++) history.Step();
        }).Check(config);
    }

    [Fact]
    public void Swarm_with_losses_and_lies_finishes_with_every_piece()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var history = new PickerHistory(seed, withTurmoil: false);
            history.Finish();
            history.Picker.IsFinished.ShouldBeTrue($"seed {seed}");
            history.Picker.BegunCount.ShouldBe(0);
            history.Picker.OutstandingRequests.ShouldBe(0);
        }
    }

    [Fact]
    public void Same_seed_gives_the_same_answers()
    {
        var (first, second) = (new PickerHistory(99), new PickerHistory(99));
        for (var step = 0; step < 300; step++)
        {
            first.Step();
            second.Step();
        }

        first.Answers.Count.ShouldBeGreaterThan(30);
        first.Answers.ShouldBe(second.Answers);
    }
}
