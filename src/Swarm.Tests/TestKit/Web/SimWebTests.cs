using System.Net;
using System.Net.Sockets;
using Swarm.Actors.Ports;
using Swarm.TestKit.Web;
using Swarm.Tests.Kernel;

namespace Swarm.Tests.TestKit.Web;

public sealed class SimWebTests
{
    private static readonly IPAddress V4 = IPAddress.Parse("20.0.0.1");
    private static readonly IPAddress V6 = IPAddress.Parse("2001:db8::1");

    private readonly SimHarness _harness = new();
    private readonly SimWeb _web;
    private readonly SimHttp _http;
    private readonly IActorRef _client;
    private readonly List<object> _answers;

    public SimWebTests()
    {
        _web = new SimWeb(_harness.Sim, new Random(1), SimWebSettings.Default);
        _http = new SimHttp(_web, [V4]);
        (_client, _answers) = _harness.Probe();
        _web.Name("a.sim", IPAddress.Parse("20.0.9.9"));
        _web.Serve("a.sim", request => WebReply.Ok(System.Text.Encoding.ASCII.GetBytes($"{request.Target} from {request.From}")));
    }

    [Fact]
    public void A_server_sees_the_url_as_it_was_written_and_who_asks()
    {
        Get("http://a.sim/x?info_hash=%00%ffA");
        Text(Reply()).ShouldBe("/x?info_hash=%00%ffA from 20.0.0.1");
        new WebGet("http://a.sim/x?a=1&info_hash=%00%ffA&a=2", V4).Values("info_hash").ShouldBe(["\0\u00ffA"]);
        new WebGet("http://a.sim/x?a=1&info_hash=%00%ffA&a=2", V4).Values("a").ShouldBe(["1", "2"]);
    }

    [Theory]
    [InlineData("http://nowhere.sim/", "has no address")]
    [InlineData("http://a.sim:81/", "refused")]
    [InlineData("http://20.0.9.9/", "refused")]
    public void What_is_not_there_fails(string url, string reason)
    {
        Get(url);
        Failure().ShouldContain(reason);
    }

    [Fact]
    public void A_family_that_one_side_lacks_fails()
    {
        Get("http://a.sim/", AddressFamily.InterNetworkV6);
        Failure().ShouldContain("InterNetworkV6");
        _web.Name("a.sim", V6);
        Get("http://a.sim/");
        Failure().ShouldContain("cannot be reached");
    }

    [Fact]
    public void Nobody_listens_at_a_host_that_is_down()
    {
        _web.SetDown("a.sim", true);
        Get("http://a.sim/");
        Failure().ShouldContain("refused");
        _web.SetDown("a.sim", false);
        Get("http://a.sim/");
        Reply().Status.ShouldBe(200);
    }

    [Fact]
    public void Silence_ends_at_the_time_out_and_not_before()
    {
        _web.Serve("a.sim", _ => WebReply.Silence);
        _http.Get(Fetch(1, "http://a.sim/"), _client);
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(9));
        _answers.ShouldBeEmpty();
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(2));
        Failure().ShouldContain("within 10 s");
        _http.Pending.ShouldBe(0);
        _harness.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void What_is_cancelled_is_not_answered()
    {
        _http.Get(Fetch(1, "http://a.sim/"), _client);
        _http.Cancel(1);
        _http.Cancel(2);
        _harness.Sim.AdvanceBy(TimeSpan.FromMinutes(1));
        _answers.ShouldBeEmpty();
        _harness.Sim.PendingTimers.ShouldBe(0);
    }

    [Fact]
    public void Redirects_are_followed_a_few_times_and_never_from_https_to_http()
    {
        _web.Name("b.sim", V4);
        _web.Serve("b.sim", request => request.Target switch
        {
            "/loop" => WebReply.Redirect("/loop"),
            "/down" => WebReply.Redirect("http://a.sim/"),
            "/file" => WebReply.Redirect("ftp://a.sim/"),
            _ => WebReply.Redirect("http://a.sim/there?x=%00"),
        });
        Get("http://b.sim/");
        Text(Reply()).ShouldStartWith("/there?x=%00 ");
        Get("http://b.sim/loop");
        Failure().ShouldContain("redirects again after 5");
        Get("https://b.sim/down");
        Failure().ShouldContain("from https to http");
        Get("http://b.sim/file");
        Failure().ShouldContain("not an http");
    }

    [Fact]
    public void A_body_that_is_too_long_or_breaks_off_is_a_failure()
    {
        _web.Serve("a.sim", _ => WebReply.Ok(new byte[1_000]));
        Get("http://a.sim/");
        Reply().Body.Length.ShouldBe(1_000);
        _web.Serve("a.sim", _ => WebReply.Ok(new byte[1_001]));
        Get("http://a.sim/");
        Failure().ShouldContain("more than the 1000 bytes");
        _web.Serve("a.sim", _ => WebReply.Ok(new byte[900]) with { BreaksAfter = 899 });
        Get("http://a.sim/");
        Failure().ShouldContain("before its reply was whole");
    }

    [Fact]
    public void One_request_an_id()
    {
        _http.Get(Fetch(1, "http://a.sim/"), _client);
        _http.Get(Fetch(1, "http://a.sim/"), _client);
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        _answers.Count.ShouldBe(2);
        _answers.OfType<IHttp.Failed>().ShouldHaveSingleItem().Reason.ShouldContain("under way already");
    }

    [Fact]
    public void A_process_that_is_gone_is_answered_nothing()
    {
        _http.Get(Fetch(1, "http://a.sim/"), _client);
        _http.Close();
        _harness.Sim.AdvanceBy(TimeSpan.FromMinutes(1));
        _answers.ShouldBeEmpty();
    }

    [Fact]
    public void Faults_come_as_often_as_the_settings_say()
    {
        _web.Settings = SimWebSettings.Default with { Failure = 0.25, Silence = 0.25, Truncation = 0.25, DnsFailure = 0.25 };
        for (var i = 0; i < 1_000; i++)
        {
            _http.Get(Fetch(i, "http://a.sim/"), _client);
            new SimDns(_web).Resolve(i, "a.sim", _client);
        }

        _harness.Sim.AdvanceBy(TimeSpan.FromMinutes(1));
        _answers.Count.ShouldBe(2_000);
        _answers.OfType<IHttp.Failed>().Count(failed => failed.Reason.Contains("refused", StringComparison.Ordinal)).ShouldBeInRange(200, 300);
        _answers.OfType<IHttp.Failed>().Count(failed => failed.Reason.Contains("did not answer", StringComparison.Ordinal)).ShouldBeInRange(140, 240);
        _answers.OfType<IHttp.Failed>().Count(failed => failed.Reason.Contains("whole", StringComparison.Ordinal)).ShouldBeInRange(90, 190);
        _answers.OfType<IDns.Failed>().Count().ShouldBeInRange(200, 300);
    }

    [Fact]
    public void Names_have_the_addresses_they_were_given()
    {
        _web.Name("both.sim", V6, V4);
        var dns = new SimDns(_web);
        dns.Resolve(1, "both.sim", _client);
        dns.Resolve(2, "nobody.sim", _client);
        dns.Resolve(3, "[2001:db8::1]", _client);
        _harness.Sim.RunUntilIdle();
        _answers.ShouldBeEmpty("a port never answers inline");
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        _answers.OfType<IDns.Resolved>().Single(resolved => resolved.Id == 1).Addresses.ShouldBe([V6, V4]);
        _answers.OfType<IDns.Failed>().Single().Id.ShouldBe(2);
        _answers.OfType<IDns.Resolved>().Single(resolved => resolved.Id == 3).Addresses.ShouldBe([V6]);
        _web.Name("both.sim");
        dns.Resolve(4, "both.sim", _client);
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(1));
        _answers.OfType<IDns.Failed>().Count().ShouldBe(2);
    }

    private static HttpFetch Fetch(long id, string url, AddressFamily family = AddressFamily.Unspecified) => new(id, new Uri(url), family, TimeSpan.FromSeconds(10), 1_000);

    private static string Text(IHttp.Replied reply) => System.Text.Encoding.ASCII.GetString([.. reply.Body]);

    private void Get(string url, AddressFamily family = AddressFamily.Unspecified)
    {
        _answers.Clear();
        _http.Get(Fetch(1, url, family), _client);
        _harness.Sim.AdvanceBy(TimeSpan.FromSeconds(9));
    }

    private IHttp.Replied Reply() => _answers.ShouldHaveSingleItem().ShouldBeOfType<IHttp.Replied>();

    private string Failure() => _answers.ShouldHaveSingleItem().ShouldBeOfType<IHttp.Failed>().Reason;
}
