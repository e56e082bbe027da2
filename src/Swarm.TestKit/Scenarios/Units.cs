namespace Swarm.TestKit.Scenarios;

/// <summary>Measures as they are said: <c>20.Seconds</c>, <c>4.MiB</c>.</summary>
public static class Units
{
    extension(int count)
    {
        /// <summary>So many milliseconds.</summary>
        public TimeSpan Milliseconds => TimeSpan.FromMilliseconds(count);

        /// <summary>So many seconds.</summary>
        public TimeSpan Seconds => TimeSpan.FromSeconds(count);

        /// <summary>So many minutes.</summary>
        public TimeSpan Minutes => TimeSpan.FromMinutes(count);

        /// <summary>So many hours.</summary>
        public TimeSpan Hours => TimeSpan.FromHours(count);

        /// <summary>So many times 1,024 bytes.</summary>
        public long KiB => count * 1_024L;

        /// <summary>So many times 1,048,576 bytes.</summary>
        public long MiB => count * 1_048_576L;
    }
}
