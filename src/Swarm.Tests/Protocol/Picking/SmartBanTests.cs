using Swarm.Protocol.Picking;

namespace Swarm.Tests.Protocol.Picking;

/// <summary>Contents are written as one letter a block, senders as one letter a block too; an upper-case content is bad.</summary>
public sealed class SmartBanTests
{
    private readonly SmartBan<char> _ban = new(SmartBanSettings.Default);

    [Theory]
    [InlineData("abcd", "xxxx", "x")]
    [InlineData("Abcd", "xxxx", "x")]
    [InlineData("a", "x", "x")]
    [InlineData("Abcd", "xyxy", "")]
    public void Only_a_single_sender_is_convicted_at_once(string contents, string senders, string liars)
    {
        Fail(_ban, 0, contents, senders).ShouldBe(liars);
        _ban.Remembers(new PieceIndex(0)).ShouldBe(liars.Length == 0);
    }

    [Theory]
    [InlineData("aBcd", "xyxy", "abcd", "y")]
    [InlineData("ABcd", "xyxy", "abcd", "xy")]
    [InlineData("aBcD", "xyzy", "abcd", "y")]
    [InlineData("abcd", "xyzw", "abcd", "")]
    public void Senders_whose_blocks_differ_are_the_liars_when_the_piece_passes(string failed, string senders, string good, string liars)
    {
        Fail(_ban, 0, failed, senders).ShouldBe("");
        Pass(_ban, 0, good).ShouldBe(liars);
        _ban.Remembers(new PieceIndex(0)).ShouldBeFalse();
        _ban.RememberedBlocks.ShouldBe(0);
        Pass(_ban, 0, good).ShouldBe("");
    }

    [Fact]
    public void All_failures_of_a_piece_count()
    {
        Fail(_ban, 0, "Abcd", "xyyy").ShouldBe("");
        Fail(_ban, 0, "abcD", "yyyz").ShouldBe("");
        Pass(_ban, 0, "abcd").ShouldBe("xz");
    }

    [Fact]
    public void Two_contents_for_one_block_convict_their_sender()
    {
        Fail(_ban, 0, "Abcd", "xyyy").ShouldBe("");
        Fail(_ban, 0, "abcD", "xyyz").ShouldBe("x");
        Pass(_ban, 0, "abcd").ShouldBe("xz");
    }

    [Fact]
    public void Pieces_are_kept_apart()
    {
        Fail(_ban, 0, "Ab", "xy");
        Fail(_ban, 1, "aB", "xy");
        Pass(_ban, 1, "ab").ShouldBe("y");
        _ban.Remembers(new PieceIndex(0)).ShouldBeTrue();
        _ban.Forget(new PieceIndex(0));
        Pass(_ban, 0, "ab").ShouldBe("");
    }

    [Fact]
    public void Oldest_failure_is_forgotten_beyond_the_limit()
    {
        var ban = new SmartBan<char>(new SmartBanSettings { MaxBlocks = 4 });
        Fail(ban, 0, "Ab", "xy");
        Fail(ban, 1, "Ab", "xy");
        ban.RememberedBlocks.ShouldBe(4);
        ban.ForgottenPieces.ShouldBe(0);
        Fail(ban, 2, "Ab", "xy");
        ban.ForgottenPieces.ShouldBe(1);
        ban.RememberedBlocks.ShouldBe(4);
        Pass(ban, 0, "ab").ShouldBe("");
        Pass(ban, 1, "ab").ShouldBe("x");
    }

    [Fact]
    public void Piece_larger_than_the_limit_is_not_remembered_but_a_single_sender_is_found_out()
    {
        var ban = new SmartBan<char>(new SmartBanSettings { MaxBlocks = 3 });
        Fail(ban, 0, "Abcd", "xyxy").ShouldBe("");
        ban.ForgottenPieces.ShouldBe(1);
        ban.Remembers(new PieceIndex(0)).ShouldBeFalse();
        Fail(ban, 0, "Abcd", "xxxx").ShouldBe("x");
    }

    [Fact]
    public void Honest_senders_are_never_convicted_and_liars_are_once_the_piece_passes()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var ban = new SmartBan<char>(SmartBanSettings.Default);
            var convicted = new HashSet<char>();
            var guilty = new HashSet<char>();
            for (var failure = random.Next(1, 5); failure > 0; failure--)
            {
                var senders = new string([.. Enumerable.Range(0, 6).Select(_ => (char)('p' + random.Next(5)))]);
                var contents = "abcdef".ToCharArray();
                for (var i = 0; i < contents.Length; i++)
                {
                    // p and q lie now and then, the others never.
                    if (senders[i] > 'q' || random.Next(2) == 0) continue;
                    contents[i] = char.ToUpperInvariant(contents[i]);
                    guilty.Add(senders[i]);
                }

                if (contents.Any(char.IsUpper)) convicted.UnionWith(Fail(ban, 0, new string(contents), senders));
            }

            convicted.UnionWith(Pass(ban, 0, "abcdef"));
            convicted.Order().ShouldBe(guilty.Order());
        }
    }

    [Fact]
    public void Settings_refuse_what_is_out_of_range()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new SmartBanSettings { MaxBlocks = -1 });
        Should.Throw<ArgumentOutOfRangeException>(() => new SmartBanSettings { MaxBlocks = 1_048_577 });
        new SmartBanSettings { MaxBlocks = 1_048_576 }.MaxBlocks.ShouldBe(1_048_576);
    }

    private static string Fail(SmartBan<char> ban, int piece, string contents, string senders)
    {
        var liars = new List<char>();
        var blocks = contents.Select((content, i) => new SentBlock<char>(new BlockIndex(i), senders[i], Hash(content))).ToArray();
        ban.PieceFailed(new PieceIndex(piece), blocks, liars);
        return string.Concat(liars);
    }

    private static string Pass(SmartBan<char> ban, int piece, string contents)
    {
        var liars = new List<char>();
        ban.PiecePassed(new PieceIndex(piece), contents.Select(Hash).ToArray(), liars);
        return string.Concat(liars.Order());
    }

    private static Bytes20 Hash(char content)
    {
        var bytes = new byte[Bytes20.Size];
        bytes[0] = (byte)content;
        return new Bytes20(bytes);
    }
}
