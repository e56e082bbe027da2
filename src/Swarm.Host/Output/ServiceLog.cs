using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Swarm.Host.Configuration;

namespace Swarm.Host.Output;

/// <summary>
/// The daemon's log: a line an entry, for people or as JSON, to standard error or a file, with levels that can change while it runs (<see cref="Apply"/>). Any thread may log; lines are whole.
/// A file that cannot be written is said once on standard error, where the log then goes until the next reload.
/// </summary>
internal sealed class ServiceLog : ILoggerProvider
{
    private readonly Lock _gate = new();
    private readonly TextWriter _error;
    private volatile LogSettings _settings;
    private StreamWriter? _file;

    private ServiceLog(LogSettings settings, TextWriter error)
    {
        _error = error;
        _settings = settings;
    }

    /// <summary>A log that the caller disposes.</summary>
    /// <exception cref="SwarmException">Its file cannot be opened.</exception>
    public static ServiceLog Open(LogSettings settings, TextWriter error)
    {
        var log = new ServiceLog(settings, error);
        try
        {
            log._file = OpenFile(settings.File);
            return log;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SwarmException($"the log cannot be written to '{settings.File}': {e.Message}; check swarm.log.file", e);
        }
    }

    /// <summary>Goes on with other settings; the file is opened again even if it has the same name, for whoever rotates it.</summary>
    public void Apply(LogSettings settings)
    {
        lock (_gate)
        {
            CloseFile();
            _settings = settings;
            try
            {
                _file = OpenFile(settings.File);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _error.WriteLine($"swarm: the log cannot be written to '{settings.File}': {e.Message}");
            }
        }
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new CategoryLogger(this, categoryName);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate) CloseFile();
    }

    /// <summary>The level of a category: of all that name it or what is above it the longest, else the general one.</summary>
    internal static LogLevel LevelOf(string category, LogSettings settings)
    {
        var level = settings.Level;
        var longest = -1;
        foreach (var (name, own) in settings.Levels)
        {
            var fits = category.StartsWith(name, StringComparison.Ordinal) && (category.Length == name.Length || category[name.Length] == '.');
            if (!fits || name.Length <= longest) continue;
            longest = name.Length;
            level = own;
        }

        return level;
    }

    private static StreamWriter? OpenFile(string? path) => path is null ? null : new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true };

    private void Print(string line)
    {
        lock (_gate)
        {
            try
            {
                (_file ?? _error).WriteLine(line);
            }
            catch (IOException e) when (_file is not null)
            {
                CloseFile();
                _error.WriteLine($"swarm: the log's file cannot be written: {e.Message}");
                _error.WriteLine(line);
            }
        }
    }

    private void CloseFile()
    {
        try
        {
            _file?.Dispose();
        }
        catch (IOException)
        {
            // What it still held is lost; that it cannot be written is said where it is noticed.
        }

        _file = null;
    }

    private static string Text(LogLevel level, string category, string message, Exception? exception)
    {
        var line = $"{DateTime.UtcNow.ToString("O", CultureInfo.InvariantCulture)} {level.ToString().ToLowerInvariant()} {category}: {message.ReplaceLineEndings(" ")}";
        return exception is null ? line : $"{line} ({exception.ToString().ReplaceLineEndings(" | ")})";
    }

    private static string Json(LogLevel level, string category, EventId id, string message, object? state, Exception? exception)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", DateTime.UtcNow);
            json.WriteString("level", level.ToString().ToLowerInvariant());
            json.WriteString("category", category);
            if (id.Name is { } name) json.WriteString("event", name);
            json.WriteString("message", message);
            if (state is IEnumerable<KeyValuePair<string, object?>> fields)
            {
                json.WriteStartObject("fields");
                foreach (var (key, value) in fields.Where(field => field.Key != "{OriginalFormat}").DistinctBy(field => field.Key)) json.WriteString(key, FieldText(value));
                json.WriteEndObject();
            }

            if (exception is not null) json.WriteString("exception", exception.ToString());
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string? FieldText(object? value) => value switch
    {
        null => null,
        string text => text,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable list => string.Join(", ", list.Cast<object?>()),
        _ => value.ToString(),
    };

    private sealed class CategoryLogger(ServiceLog log, string category) : ILogger
    {
        // Which settings the level is of: one reference tells whether it is still right.
        private volatile Tuple<LogSettings, LogLevel>? _level;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel)
        {
            var settings = log._settings;
            var level = _level;
            if (level is null || !ReferenceEquals(level.Item1, settings)) _level = level = Tuple.Create(settings, LevelOf(category, settings));
            return logLevel != LogLevel.None && logLevel >= level.Item2;
        }

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            var message = formatter(state, exception);
            log.Print(log._settings.Format == LogFormat.Json ? Json(logLevel, category, eventId, message, state, exception) : Text(logLevel, category, message, exception));
        }
    }
}
