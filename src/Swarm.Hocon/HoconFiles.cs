using System.Text;

namespace Swarm.Hocon;

/// <summary>Files of this machine, in UTF-8. What is not UTF-8 is refused rather than read as something else.</summary>
public sealed class HoconFiles : IHoconFiles
{
    private const int MaxBytesPerCharacter = 3;

    /// <summary>The only one that is needed.</summary>
    public static HoconFiles Instance { get; } = new();

    /// <inheritdoc/>
    public string Locate(string name, string includingFile) => Path.GetFullPath(name, Path.GetDirectoryName(Path.GetFullPath(includingFile)) ?? "/");

    /// <inheritdoc/>
    public HoconText Read(string path, int maxLength)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            // A pipe or device has no length, and is read up to the limit.
            using var reader = new StreamReader(file, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            if (file.CanSeek && file.Length > (long)maxLength * MaxBytesPerCharacter) return TooLong(maxLength);
            var text = new StringBuilder();
            var buffer = new char[4096];
            for (int count; (count = reader.Read(buffer)) > 0;)
            {
                if (text.Length + count > maxLength) return TooLong(maxLength);
                text.Append(buffer, 0, count);
            }

            return new HoconText(text.ToString(), null);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return default;
        }
        catch (DecoderFallbackException)
        {
            return new HoconText(null, "it is not UTF-8");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new HoconText(null, e.Message.ReplaceLineEndings(" "));
        }
    }

    private static HoconText TooLong(int maxLength) => new(null, $"it is longer than {maxLength} characters");
}
