using Microsoft.Extensions.Logging.Abstractions;
using Swarm.Host;
using Swarm.Host.Cluster;

namespace Swarm.Tests.Host.Cluster;

/// <summary>Links with mutual TLS: who is heard, who is not, and certificates that change.</summary>
public sealed class LinkTlsTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly TestAuthority _authority;

    public LinkTlsTests() => _authority = new TestAuthority(_scratch.Root, "authority");

    public void Dispose()
    {
        _authority.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Members_with_certificates_of_their_authority_hear_each_other_without_a_key()
    {
        await using var one = await LinkEnd.StartAsync(Options(_authority.Give(_scratch["one"], "127.0.0.1")));
        await using var two = await LinkEnd.StartAsync(Options(_authority.Give(_scratch["two"], "127.0.0.1")));
        one.SendUntilHeard(two, 1);
        two.SendUntilHeard(one, 2);
    }

    [Fact]
    public async Task With_a_key_as_well_both_are_needed()
    {
        await using var one = await LinkEnd.StartAsync(Options(_authority.Give(_scratch["one"], "127.0.0.1")) with { Key = LinkWorld.Key });
        await using var two = await LinkEnd.StartAsync(Options(_authority.Give(_scratch["two"], "127.0.0.1")));
        await using var three = await LinkEnd.StartAsync(Options(_authority.Give(_scratch["three"], "127.0.0.1")) with { Key = LinkWorld.Key });
        two.Links.Send(one.At, [1]);
        Eventually.Holds(() => two.Links.Counters.Undelivered == 1 && one.Links.Counters.Of(LinkRejection.Unproven) == 1);
        three.SendUntilHeard(one, 2);
    }

    [Fact]
    public async Task One_of_another_authority_is_heard_by_nobody_and_hears_nobody()
    {
        using var strangers = new TestAuthority(_scratch.Root, "strangers");
        await using var one = await LinkEnd.StartAsync(Options(_authority.Give(_scratch["one"], "127.0.0.1")));
        await using var stranger = await LinkEnd.StartAsync(Options(strangers.Give(_scratch["stranger"], "127.0.0.1")));
        // Trusts the members, but is none.
        await using var friend = await LinkEnd.StartAsync(Options(strangers.Give(_scratch["friend"], "127.0.0.1") with { Authority = _scratch["authority.pem"] }));
        stranger.Links.Send(one.At, [1]);
        friend.Links.Send(one.At, [1]);
        one.Links.Send(stranger.At, [1]);
        Eventually.Holds(() => stranger.Links.Counters.Undelivered == 1 && friend.Links.Counters.Undelivered == 1 && one.Links.Counters.Undelivered == 1);
        (one.Inbox.Waiting, stranger.Inbox.Waiting).ShouldBe((0, 0));
    }

    [Fact]
    public async Task One_without_a_certificate_is_not_heard()
    {
        await using var one = await LinkEnd.StartAsync(Options(_authority.Give(_scratch["one"], "127.0.0.1")));
        await using var plain = await LinkEnd.StartAsync(LinkWorld.Options() with { Key = [] });
        plain.Links.Send(one.At, [1]);
        Eventually.Holds(() => plain.Links.Counters.Undelivered == 1);
        one.Inbox.Waiting.ShouldBe(0);
    }

    [Fact]
    public async Task A_certificate_names_the_node_at_both_sides()
    {
        await using var one = await LinkEnd.StartAsync(Options(_authority.Give(_scratch["one"], "127.0.0.1")));
        await using var two = await LinkEnd.StartAsync(Options(_authority.Give(_scratch["two"], "elsewhere.test")));
        two.Links.Send(one.At, [1]);
        Eventually.Holds(() => two.Links.Counters.Undelivered == 1 && one.Links.Counters.Of(LinkRejection.Unproven) == 1);
        one.Links.Send(two.At, [1]);
        Eventually.Holds(() => one.Links.Counters.Undelivered == 1);
        two.Links.Counters.Rejected.Sum().ShouldBe(0, "the client turns back before it says anything");
        (one.Inbox.Waiting, two.Inbox.Waiting).ShouldBe((0, 0));
    }

    [Fact]
    public void Certificates_that_change_hold_from_then_on_and_broken_ones_do_not()
    {
        var files = _authority.Give(_scratch["one"], "127.0.0.1");
        var certificates = LinkCertificates.Load(files, NullLogger.Instance);
        var before = Shown();
        _authority.Give(_scratch["one"], "127.0.0.1");
        // The clock of files may be coarse.
        File.SetLastWriteTimeUtc(files.Certificate, DateTime.UtcNow.AddSeconds(5));
        certificates.Refresh();
        var after = Shown();
        after.ShouldNotBe(before);
        File.WriteAllText(files.Key, "nothing");
        File.SetLastWriteTimeUtc(files.Key, DateTime.UtcNow.AddSeconds(10));
        certificates.Refresh();
        Shown().ShouldBe(after);

        string Shown() => certificates.ForServer().ServerCertificateContext!.TargetCertificate.Thumbprint;
    }

    [Fact]
    public async Task Certificates_that_cannot_be_used_are_told_with_what_is_expected()
    {
        var files = _authority.Give(_scratch["one"], "127.0.0.1");
        (await Should.ThrowAsync<SwarmException>(() => LinkEnd.BindAsync(Options(files with { Key = _scratch["none"] })))).Message.ShouldContain("swarm.cluster.tls");
        File.WriteAllText(_scratch["empty.pem"], "");
        (await Should.ThrowAsync<SwarmException>(() => LinkEnd.BindAsync(Options(files with { Authority = _scratch["empty.pem"] })))).Message.ShouldContain("swarm.cluster.tls.authority");
    }

    private static NodeLinkOptions Options(LinkTlsFiles files) => LinkWorld.Options() with { Key = [], Tls = files };
}
