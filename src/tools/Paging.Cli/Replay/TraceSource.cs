using System.Collections.Immutable;
using System.Security.Cryptography;
using Paging.Traces;
using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Cli.Replay;

/// <summary>The source of a trace: a file, or standard input for <c>-</c>.</summary>
internal sealed class TraceSource(string path)
{
    private const string StandardInput = "-";

    private Stream? _file;
    private double _doneFraction;

    /// <summary>Its name in messages.</summary>
    public string Path => path;

    /// <summary>Its name in results: the file name without directory and extensions.</summary>
    public string Name { get; } = NameOf(path);

    /// <summary>The fraction read, 0 to 1; may be read from another thread.</summary>
    public double DoneFraction => Volatile.Read(ref _doneFraction);

    /// <summary>Opens it from its beginning.</summary>
    /// <param name="format">The form of its lines.</param>
    /// <param name="input">Standard input.</param>
    /// <param name="mustBeRereadable">Refuse a source that can be read only once.</param>
    /// <exception cref="TraceFormatException">It is not a trace.</exception>
    /// <exception cref="IOException">It cannot be read, or not twice.</exception>
    public TraceReader Open(TraceFormat format, Func<Stream> input, bool mustBeRereadable)
    {
        Volatile.Write(ref _doneFraction, 0);
        _file = OpenFile(input);
        if (!mustBeRereadable || _file.CanSeek) return TraceReader.Open(_file, Path, format);
        _file.Dispose();
        throw new IOException("it can be read only once: say --frames (two or more with --plot), and not --engine");
    }

    /// <summary>Runs all of it through simulators.</summary>
    /// <exception cref="TraceFormatException">It is not a trace, or an empty one.</exception>
    /// <exception cref="IOException">It cannot be read, or not twice.</exception>
    public TraceReplay Replay(TraceFormat format, Func<Stream> input, bool mustBeRereadable, ImmutableArray<TraceSimulator> simulators)
    {
        using TraceReader reader = Open(format, input, mustBeRereadable);
        TraceReplay replay = new();
        replay.Run(reader, simulators, NoteProgress);
        return replay.AccessCount > 0 ? replay : throw new TraceFormatException(Path, 1, "empty: there is no access in it");
    }

    /// <summary>True if it can be read more than once.</summary>
    public bool IsRereadable => !string.Equals(Path, StandardInput, StringComparison.Ordinal);

    /// <summary>Adds its bytes to a hash.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public void AppendTo(IncrementalHash hash)
    {
        using FileStream file = File.OpenRead(Path);
        byte[] piece = new byte[1 << 16];
        for (int count; (count = file.Read(piece)) > 0;) hash.AppendData(piece, 0, count);
    }

    /// <summary>Updates <see cref="DoneFraction"/>.</summary>
    public void NoteProgress()
    {
        if (_file is { CanSeek: true, Length: > 0 and var length } file) Volatile.Write(ref _doneFraction, (double)file.Position / length);
    }

    /// <summary>Why it could not be read.</summary>
    public string Explain(Exception exception) => exception switch
    {
        UnauthorizedAccessException when Directory.Exists(Path) => $"{Path}: a directory, not a trace",
        TraceFormatException => exception.Message,
        NotSupportedException => $"{Path}: {exception.Message}",
        _ => UserFiles.Explain(Path, exception),
    };

    private Stream OpenFile(Func<Stream> input) => IsRereadable
        ? new FileStream(Path,
            new FileStreamOptions { BufferSize = 1 << 16, Options = FileOptions.SequentialScan, Share = FileShare.ReadWrite })
        : input();

    /// <summary><c>/a/gcc.trace.gz</c> → <c>gcc</c>; a name of extensions only is kept.</summary>
    private static string NameOf(string path)
    {
        string name = System.IO.Path.GetFileName(path);
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 ? name[..dot] : name;
    }
}
