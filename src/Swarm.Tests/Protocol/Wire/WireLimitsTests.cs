using System.Reflection;
using Swarm.Protocol.Wire;

namespace Swarm.Tests.Protocol.Wire;

public class WireLimitsTests
{
    public static TheoryData<string> Numbers =>
        [.. typeof(WireSettings).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).Select(property => property.Name)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Every_setting_refuses_what_is_out_of_range_and_takes_its_default(string name)
    {
        var property = typeof(WireSettings).GetProperty(name)!;
        foreach (var absurd in property.PropertyType == typeof(int) ? [int.MinValue, -1] : new object[] { TimeSpan.MinValue, TimeSpan.Zero, TimeSpan.MaxValue })
        {
            var error = Should.Throw<TargetInvocationException>(() => property.SetValue(new WireSettings(), absurd));
            error.InnerException.ShouldBeOfType<ArgumentOutOfRangeException>().ParamName.ShouldBe(name);
        }

        Should.NotThrow(() => property.SetValue(new WireSettings(), property.GetValue(WireSettings.Default)));
    }

    [Theory]
    [InlineData(Misbehaviour.InvalidRequest)]
    [InlineData(Misbehaviour.RefusedRequest)]
    [InlineData(Misbehaviour.UnaskedBlock)]
    [InlineData(Misbehaviour.Unmatched)]
    [InlineData(Misbehaviour.IdleChatter)]
    public void Misbehaviour_is_tolerated_up_to_its_limit_in_a_window(Misbehaviour kind)
    {
        var settings = new WireSettings { MaxInvalidRequests = 2, MaxRefusedRequests = 2, MaxUnaskedBlocks = 2, MaxUnmatched = 2, MaxIdleChatter = 2 };
        var guard = new FloodGuard(settings, 0);
        guard.Note(kind, 0).ShouldBeNull();
        guard.Note(kind, 0).ShouldBeNull();
        guard.Note(kind, settings.FloodWindow.Ticks - 1)!.Kind.ShouldBe(WireErrorKind.Flood);
        guard.Note(kind, settings.FloodWindow.Ticks).ShouldBeNull();
        guard.Total(kind).ShouldBe(4);
    }
}
