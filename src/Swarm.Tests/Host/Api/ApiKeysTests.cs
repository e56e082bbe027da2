using Swarm.Host;
using Swarm.Host.Api.Security;

namespace Swarm.Tests.Host.Api;

public sealed class ApiKeysTests
{
    [Fact]
    public void A_key_is_known_by_its_text_and_by_no_other()
    {
        var text = ApiKeys.NewText();
        var keys = new ApiKeys([ApiKeys.Keep("other", Scope.Admin, ApiKeys.NewText()), ApiKeys.Keep("mine", Scope.Operator, text)]);

        keys.Find(text)!.Name.ShouldBe("mine");
        keys.Find(text + "x").ShouldBeNull();
        keys.Find("").ShouldBeNull();
        keys.Find(ApiKeys.NewText()).ShouldBeNull();
    }

    [Fact]
    public void A_made_key_is_kept_hashed_in_a_file_that_its_owner_alone_reads()
    {
        using var scratch = new Scratch();

        var (_, text) = ApiKeyFile.Make(scratch.Root, "first", Scope.Admin);
        ApiKeyFile.Make(scratch.Root, "second", Scope.Viewer);

        var file = scratch["api-keys.json"];
        File.ReadAllText(file).ShouldNotContain(text);
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var keys = new ApiKeys(ApiKeyFile.Load(scratch.Root));
        keys.Find(text)!.Scope.ShouldBe(Scope.Admin);
        ApiKeyFile.Load(scratch.Root).Select(key => key.Name).ShouldBe(["first", "second"]);
    }

    [Fact]
    public void A_damaged_file_or_hash_is_an_error_that_says_what_to_do()
    {
        using var scratch = new Scratch();
        scratch.Write("api-keys.json", "[{"u8.ToArray());

        Should.Throw<SwarmException>(() => ApiKeyFile.Load(scratch.Root)).Message.ShouldContain("remove it");
        Should.Throw<SwarmException>(() => new ApiKeys([new ApiKey("x", Scope.Admin, "abc")])).Message.ShouldContain("'x'");
    }

    [Theory]
    [InlineData("""[{"name":"x","scope":"admin"}]""", "sha256")]
    [InlineData("""[{"name":"x","scope":"admin","sha256":null}]""", "sha256")]
    [InlineData("""[{"scope":"admin","sha256":"00"}]""", "name")]
    [InlineData("[null]", "null")]
    public void An_entry_that_lacks_something_is_an_error_that_says_what(string json, string missing)
    {
        using var scratch = new Scratch();
        scratch.Write("api-keys.json", System.Text.Encoding.UTF8.GetBytes(json));

        var error = Should.Throw<SwarmException>(() => ApiKeyFile.Load(scratch.Root)).Message;

        error.ShouldContain(missing, Case.Insensitive);
        error.ShouldContain("remove it");
    }

    [Fact]
    public void A_folder_without_a_file_has_no_keys()
    {
        using var scratch = new Scratch();
        ApiKeyFile.Load(scratch.Root).ShouldBeEmpty();
    }
}
