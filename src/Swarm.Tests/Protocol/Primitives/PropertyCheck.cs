using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace Swarm.Tests.Protocol.Primitives;

/// <summary>Runs a property over generated values from a fixed seed, so that every run tries the same ones.</summary>
internal static class PropertyCheck
{
    private static readonly Config Fixed = Config.QuickThrowOnFailure
        .WithMaxTest(300)
        .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20_260_801UL, 77UL), FSharpOption<int>.None)));

    public static void Holds<T>(Gen<T> values, Action<T> property) => Check.One(Fixed, Prop.ForAll(values.ToArbitrary(), property));
}
