using Swarm.Protocol.Trackers;

namespace Swarm.Tests.Protocol.Trackers;

/// <summary>Random sessions against random trackers: what must hold in every one of them, checked at every announce.</summary>
public class AnnounceTiersPropertyTests
{
    [Fact]
    public void Whatever_trackers_do_every_promise_holds()
    {
        for (var seed = 0; seed < 400; seed++) new Run(seed).Play();
    }

    private sealed class Run
    {
        private readonly Random _random;
        private readonly AnnounceTiersSettings _settings;
        private readonly AnnounceTiers _tiers;
        private readonly Dictionary<TrackerUrl, Told> _told = [];
        private readonly List<TierAnnounce> _underWay = [];
        private readonly string _label;
        private TimeSpan _now;
        private bool _complete;
        private bool _stopping;
        private int _sent;

        public Run(int seed)
        {
            _label = $"seed {seed}";
            _random = new Random(seed);
            _settings = new AnnounceTiersSettings { AnnounceToEveryTier = _random.Next(2) == 0 };
            var count = _random.Next(1, 8);
            var urls = Enumerable.Range(0, count).Select(i => Announcing.UrlOf(((char)('a' + i)).ToString())).ToList();
            var tiers = urls.GroupBy(_ => _random.Next(3)).Select(group => group.ToList()).ToList();
            foreach (var url in urls) _told[url] = new Told();
            _tiers = new AnnounceTiers(tiers, _settings, _random);
        }

        public void Play()
        {
            _complete = _random.Next(3) == 0;
            _tiers.Start(_complete, _now);
            for (var step = 0; step < 300; step++) Step();
            _sent.ShouldBeGreaterThan(0, _label);
            _stopping = true;
            _tiers.Stop();
            for (var step = 0; step < 100 && !_tiers.IsStopped; step++) Step();
            _tiers.IsStopped.ShouldBeTrue(_label);
            _told.Values.ShouldAllBe(told => !told.SawStarted);
        }

        private void Step()
        {
            while (_tiers.TryNext(_now, out var announce))
            {
                Check(announce);
                _underWay.Add(announce);
                _sent++;
            }

            _tiers.NextWakeUp?.ShouldBeGreaterThan(_now, _label);
            if (!_stopping && !_complete && _random.Next(50) == 0)
            {
                _complete = true;
                _tiers.Complete();
            }

            if (_random.Next(10) == 0) _tiers.NeedPeers();
            if (_underWay.Count > 0 && _random.Next(2) == 0) Answer();
            else Sleep();
        }

        /// <summary>Goes to the next wake-up, but not past the time by which an announce under way would have been given up.</summary>
        private void Sleep()
        {
            if (_underWay.Count > 0)
            {
                _now += TimeSpan.FromSeconds(_random.Next(3));
                Answer();
            }
            else if (_tiers.NextWakeUp is { } next && next > _now)
            {
                _now = next;
            }
        }

        private void Answer()
        {
            var announce = _underWay[_random.Next(_underWay.Count)];
            _underWay.Remove(announce);
            var told = _told[announce.Url];
            if (_random.Next(3) == 0)
            {
                _tiers.Failed(announce.Ticket, Announcing.Failure, _now);
                told.FailedAt = _now;
                told.Failures++;
                if (announce.Event == AnnounceEvent.Stopped) told.SawStarted = false;
                return;
            }

            var minInterval = _random.Next(2) == 0 ? TimeSpan.FromSeconds(_random.Next(60, 4000)) : (TimeSpan?)null;
            _tiers.Succeeded(announce.Ticket, new AnnounceReply { Interval = TimeSpan.FromSeconds(_random.Next(60, 4000)), MinInterval = minInterval }, _now);
            told.Failures = 0;
            told.QuietUntil = _now + (minInterval ?? TimeSpan.FromSeconds(60));
            told.SawStarted = announce.Event != AnnounceEvent.Stopped;
            if (announce.Event == AnnounceEvent.Started) told.StartedIncomplete = !told.CompleteWhenStarted;
            if (announce.Event == AnnounceEvent.Completed) told.Completed++;
            told.Completed.ShouldBeLessThanOrEqualTo(1, _label);
        }

        private void Check(TierAnnounce announce)
        {
            var told = _told[announce.Url];
            _underWay.Exists(other => other.Url == announce.Url).ShouldBeFalse(_label);
            switch (announce.Event)
            {
                case AnnounceEvent.Started:
                    told.SawStarted.ShouldBeFalse(_label);
                    _stopping.ShouldBeFalse(_label);
                    told.CompleteWhenStarted = _complete;
                    break;
                case AnnounceEvent.Completed:
                    (told.SawStarted && told.StartedIncomplete && _complete && told.Completed == 0).ShouldBeTrue(_label);
                    break;
                case AnnounceEvent.Stopped:
                    (told.SawStarted && _stopping).ShouldBeTrue(_label);
                    break;
                default:
                    told.SawStarted.ShouldBeTrue(_label);
                    _now.ShouldBeGreaterThanOrEqualTo(told.QuietUntil, _label);
                    break;
            }

            // The shortest back-off: the base, less all that chance may take away.
            if (!_stopping && told.Failures > 0) (_now - told.FailedAt).ShouldBeGreaterThanOrEqualTo(_settings.BackOffBase * (1 - _settings.BackOffJitter), _label);
        }
    }

    private sealed class Told
    {
        public bool SawStarted { get; set; }

        public bool CompleteWhenStarted { get; set; }

        public bool StartedIncomplete { get; set; }

        public int Completed { get; set; }

        public int Failures { get; set; }

        public TimeSpan FailedAt { get; set; }

        public TimeSpan QuietUntil { get; set; }
    }
}
