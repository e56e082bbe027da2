using System.Globalization;
using Swarm.Hocon;

namespace Swarm.Tests.Hocon;

/// <summary>Readers of values: automatic conversions, and the tables of units of HOCON's specification.</summary>
public sealed class HoconReadTests
{
    [Fact]
    public void A_number_without_a_unit_is_in_milliseconds() => HoconRead.Duration(ValueOf("10")).ShouldBe(TimeSpan.FromMilliseconds(10));

    [Theory]
    [InlineData(100L, "ns", "nano", "nanos", "nanosecond", "nanoseconds")]
    [InlineData(100_000L, "us", "micro", "micros", "microsecond", "microseconds")]
    [InlineData(100_000_000L, "ms", "milli", "millis", "millisecond", "milliseconds")]
    [InlineData(100_000_000_000L, "s", "second", "seconds")]
    [InlineData(6_000_000_000_000L, "m", "minute", "minutes")]
    [InlineData(360_000_000_000_000L, "h", "hour", "hours")]
    [InlineData(8_640_000_000_000_000L, "d", "day", "days")]
    public void Durations_have_these_units(long nanosecondsOfHundred, params string[] names)
    {
        foreach (var name in names)
        {
            HoconRead.Duration(ValueOf($"100{name}")).ShouldBe(TimeSpan.FromTicks(nanosecondsOfHundred / 100), name);
            HoconRead.Duration(ValueOf($"\" 100  {name} \"")).ShouldBe(TimeSpan.FromTicks(nanosecondsOfHundred / 100), name);
            HoconRead.Duration(ValueOf($"100 {name.ToUpperInvariant()}")).ShouldBeNull(name);
        }
    }

    [Theory]
    [InlineData("1.5 s", 15_000_000L)]
    [InlineData("-1.5 s", -15_000_000L)]
    [InlineData("0", 0L)]
    [InlineData("1e3 ms", 10_000_000L)]
    [InlineData("10675199 d", 9223371936000000000L)]
    public void Durations(string text, long ticks) => HoconRead.Duration(ValueOf(text)).ShouldBe(TimeSpan.FromTicks(ticks));

    [Theory]
    [InlineData("10675200 d")]
    [InlineData("1e28 s")]
    [InlineData("1 fortnight")]
    [InlineData("s")]
    [InlineData("1 s 2")]
    [InlineData("true")]
    [InlineData("null")]
    [InlineData("[1]")]
    public void No_durations(string text) => HoconRead.Duration(ValueOf(text)).ShouldBeNull();

    [Theory]
    [InlineData(1L, "B", "b", "byte", "bytes", "")]
    [InlineData(1_000L, "kB", "kilobyte", "kilobytes")]
    [InlineData(1_000_000L, "MB", "megabyte", "megabytes")]
    [InlineData(1_000_000_000L, "GB", "gigabyte", "gigabytes")]
    [InlineData(1_000_000_000_000L, "TB", "terabyte", "terabytes")]
    [InlineData(1_000_000_000_000_000L, "PB", "petabyte", "petabytes")]
    [InlineData(1_000_000_000_000_000_000L, "EB", "exabyte", "exabytes")]
    [InlineData(1L << 10, "K", "k", "Ki", "KiB", "kibibyte", "kibibytes")]
    [InlineData(1L << 20, "M", "m", "Mi", "MiB", "mebibyte", "mebibytes")]
    [InlineData(1L << 30, "G", "g", "Gi", "GiB", "gibibyte", "gibibytes")]
    [InlineData(1L << 40, "T", "t", "Ti", "TiB", "tebibyte", "tebibytes")]
    [InlineData(1L << 50, "P", "p", "Pi", "PiB", "pebibyte", "pebibytes")]
    [InlineData(1L << 60, "E", "e", "Ei", "EiB", "exbibyte", "exbibytes")]
    public void Sizes_have_these_units(long bytes, params string[] names)
    {
        foreach (var name in names)
        {
            HoconRead.Bytes(ValueOf($"1 {name}")).ShouldBe(bytes, name);
            HoconRead.Bytes(ValueOf($"2.5{name}")).ShouldBe((long)(2.5m * bytes), name);
        }
    }

    [Theory]
    [InlineData("0 ZB", 0L)]
    [InlineData("0.001 ZB", 1_000_000_000_000_000_000L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void Sizes_at_the_end_of_64_bits(string text, long bytes) => HoconRead.Bytes(ValueOf(text)).ShouldBe(bytes);

    [Theory]
    [InlineData("1 ZB")]
    [InlineData("1 Yi")]
    [InlineData("8 E")]
    [InlineData("1 KB")]
    [InlineData("1 mb")]
    [InlineData("1 kibi")]
    [InlineData("\"\"")]
    [InlineData("no")]
    public void No_sizes(string text) => HoconRead.Bytes(ValueOf(text)).ShouldBeNull();

    [Theory]
    [InlineData("true", true)]
    [InlineData("yes", true)]
    [InlineData("on", true)]
    [InlineData("\"true\"", true)]
    [InlineData("false", false)]
    [InlineData("no", false)]
    [InlineData("off", false)]
    public void Booleans(string text, bool expected) => HoconRead.Boolean(ValueOf(text)).ShouldBe(expected);

    [Theory]
    [InlineData("1")]
    [InlineData("True")]
    [InlineData("null")]
    [InlineData("{}")]
    public void No_booleans(string text) => HoconRead.Boolean(ValueOf(text)).ShouldBeNull();

    [Theory]
    [InlineData("42", 42L)]
    [InlineData("\"42\"", 42L)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("1e3", 1000L)]
    [InlineData("2.0", 2L)]
    public void Whole_numbers(string text, long expected) => HoconRead.Integer(ValueOf(text)).ShouldBe(expected);

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("1.5")]
    [InlineData("042")]
    [InlineData("0x10")]
    [InlineData("\"\"")]
    [InlineData("1 2")]
    public void No_whole_numbers(string text) => HoconRead.Integer(ValueOf(text)).ShouldBeNull();

    [Fact]
    public void Numbers_and_texts()
    {
        HoconRead.Number(ValueOf("1.25e2")).ShouldBe(125);
        HoconRead.Number(ValueOf("1e999")).ShouldBeNull();
        HoconRead.Number(ValueOf("NaN")).ShouldBeNull();
        HoconRead.Text(ValueOf("1e5")).ShouldBe("1e5");
        HoconRead.Text(ValueOf("true")).ShouldBe("true");
        HoconRead.Text(ValueOf("null")).ShouldBeNull();
        HoconRead.Text(ValueOf("[]")).ShouldBeNull();
    }

    [Theory]
    [InlineData("[a, b]", "a b")]
    [InlineData("{ \"0\" : a, \"1\" : b }", "a b")]
    [InlineData("{ \"2\" : b, \"0\" : a, x : c, -1 : d }", "a b")]
    [InlineData("{ x : c }", null)]
    [InlineData("{}", null)]
    [InlineData("a", null)]
    public void Lists_may_be_objects_with_numbers_for_keys(string text, string? expected)
    {
        var list = HoconRead.List(ValueOf(text));
        (list is null ? null : string.Join(' ', list.Value.Select(HoconRead.Text))).ShouldBe(expected);
    }

    private static HoconValue ValueOf(string text)
    {
        var (value, errors) = HoconDocument.Resolve([HoconDocument.Parse(string.Create(CultureInfo.InvariantCulture, $"v = {text}"), "v")]);
        errors.ShouldBeEmpty();
        return ((HoconObject)value).At("v")!;
    }
}
