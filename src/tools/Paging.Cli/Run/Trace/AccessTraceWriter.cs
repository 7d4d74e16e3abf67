using System.Buffers.Text;
using System.IO.Compression;
using Paging.Core;
using Paging.Native;
using Paging.Processors;
using Paging.Traces.Reading;

namespace Paging.Cli.Run.Trace;

/// <summary>Writes a program's accesses as a trace that <c>paging replay</c> reads.</summary>
/// <remarks>
/// Lackey: <c>I  08049000,3</c>, <c> L</c>, <c> S</c> and <c> M</c>, hexadecimal address and length, as valgrind's tool prints them.
/// Address: <c>l 0x8049000 2</c>, data only, with the instructions since the access before. Addresses of the second and further processes
/// carry their number from bit 32 on, so that no two processes share a page. Sampling chooses pages by a hash of their numbers, so that all
/// accesses of a page are recorded or none, and reuse distances shrink by the same factor (SHARDS: C. Waldspurger and others,
/// "Efficient MRC Construction with SHARDS", FAST 2015).
/// A file that cannot be written is a <see cref="TraceFileException"/> of <see cref="Take"/> and <see cref="Dispose"/>. Standard output
/// is the command's own: its errors are reported as those of any output.
/// </remarks>
internal sealed class AccessTraceWriter(Stream stream, TraceRequest request) : IGuestAccessSink, IDisposable
{
    private const int BufferBytes = 1 << 16, LineBytesMax = 64, PageShift = 12, LineShift = 6;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly Dictionary<UserProcess, ulong> _numbers = [];
    private readonly int _unitShift = request.Unit switch { TraceUnit.Page => PageShift, TraceUnit.Line => LineShift, _ => 0 };
    private UserProcess? _last;
    private ulong _lastNumber;
    private int _length;
    private long _instructions;    // since the last line of the address format
    private (ulong Unit, GuestAccessKind Kind)? _run;    // accesses to be written as one line

    /// <summary>Opens the output.</summary>
    /// <exception cref="TraceFileException">It cannot be written.</exception>
    public static AccessTraceWriter Open(TraceRequest request)
    {
        Stream file = request.IsForPipe ? StandardStreams.OpenOutputBytes() : OpenFile(request.Path);
        bool isCompressed = request.Path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
        return new(isCompressed ? new GZipStream(file, CompressionLevel.Fastest) : file, request);
    }

    public void Take(in GuestAccess access)
    {
        ulong number = NumberOf(access.Process);
        if (number != 0 && !request.HasChildren) return;
        bool isFetch = access.Kind == GuestAccessKind.Fetch;
        if (isFetch) _instructions++;
        if (isFetch && request.Format == TraceFormat.Address) return;
        ulong first = (number << 32) | access.Address.Value;
        if (request.Unit == TraceUnit.Access)
        {
            if (IsChosen(first)) Write(first, access.ByteLength, access.Kind);
            return;
        }

        ulong last = (first + (uint)access.ByteLength - 1) >> _unitShift;
        for (ulong unit = first >> _unitShift; unit <= last; unit++) Join(unit, access.Kind);
    }

    public void Dispose()
    {
        EndRun();
        Flush();
        try
        {
            stream.Dispose();    // writes the end of compressed data
        }
        catch (Exception failure) when (IsOfFile(failure))
        {
            throw new TraceFileException(request.Path, failure);
        }
    }

    private static FileStream OpenFile(string path)
    {
        try
        {
            // Write-only, so that opening a FIFO waits for its reader. Opened for both, a FIFO would be written until it is full.
            return new(path, FileMode.Create, FileAccess.Write);
        }
        catch (Exception failure) when (UserFiles.IsRefusal(failure))
        {
            throw new TraceFileException(path, failure);
        }
    }

    private void Join(ulong unit, GuestAccessKind kind)
    {
        if (!IsChosen(unit << _unitShift)) return;
        if (_run is not { } run || run.Unit != unit)
        {
            EndRun();
            _run = (unit, kind);
            return;
        }

        bool writes = kind is GuestAccessKind.Store or GuestAccessKind.Modify;
        if (writes && run.Kind is GuestAccessKind.Fetch or GuestAccessKind.Load) _run = (unit, GuestAccessKind.Store);
    }

    private void EndRun()
    {
        if (_run is { } run) Write(run.Unit << _unitShift, 1 << _unitShift, run.Kind);
        _run = null;
    }

    private bool IsChosen(ulong address) => request.SampleEvery == 1
        || SplitMix64.Mix(((address >> PageShift) + 1) * SplitMix64.Step) % (ulong)request.SampleEvery == 0;

    private ulong NumberOf(UserProcess process)
    {
        if (process == _last) return _lastNumber;
        if (!_numbers.TryGetValue(process, out ulong number)) _numbers[process] = number = (ulong)_numbers.Count;
        (_last, _lastNumber) = (process, number);
        return number;
    }

    private void Write(ulong address, int byteLength, GuestAccessKind kind)
    {
        if (_length > BufferBytes - LineBytesMax) Flush();
        Span<byte> line = _buffer.AsSpan(_length);
        _length += request.Format == TraceFormat.Address ? WriteAddress(line, address, kind) : WriteLackey(line, address, byteLength, kind);
        _instructions = 0;
    }

    private int WriteAddress(Span<byte> line, ulong address, GuestAccessKind kind)
    {
        (kind == GuestAccessKind.Load ? "l 0x"u8 : "s 0x"u8).CopyTo(line);
        int at = 4 + Number(line[4..], address, 'x');
        line[at++] = (byte)' ';
        at += Number(line[at..], (ulong)_instructions, 'D');
        line[at++] = (byte)'\n';
        return at;
    }

    private static int WriteLackey(Span<byte> line, ulong address, int byteLength, GuestAccessKind kind)
    {
        ReadOnlySpan<byte> start = kind switch
        {
            GuestAccessKind.Fetch => "I  "u8,
            GuestAccessKind.Load => " L "u8,
            GuestAccessKind.Store => " S "u8,
            _ => " M "u8,
        };
        start.CopyTo(line);
        Utf8Formatter.TryFormat(address, line[3..], out int digits, new('x', 8));
        int at = 3 + digits;
        line[at++] = (byte)',';
        at += Number(line[at..], (ulong)byteLength, 'D');
        line[at++] = (byte)'\n';
        return at;
    }

    private static int Number(Span<byte> line, ulong value, char format)
    {
        Utf8Formatter.TryFormat(value, line, out int length, new(format));
        return length;
    }

    private void Flush()
    {
        int length = _length;
        _length = 0;    // also after a failed write, so that Dispose does not fail again
        try
        {
            stream.Write(_buffer, 0, length);
        }
        catch (Exception failure) when (IsOfFile(failure))
        {
            throw new TraceFileException(request.Path, failure);
        }
    }

    private bool IsOfFile(Exception failure) => !request.IsForPipe && failure is IOException or UnauthorizedAccessException;
}
