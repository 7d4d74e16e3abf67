using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text;
using Paging.Core;
using Paging.Core.Reclaim;

namespace Paging.Interop;

/// <summary>Converts the results of a C program's functions.</summary>
internal static class Called
{
    /// <summary>EHWPOISON.</summary>
    public const int HighestErrno = 133;

    /// <summary>The errno of an answer that is 0 or negative. A refusal is noted, for paging_last_error.</summary>
    public static Errno Error(int answer, string function)
    {
        if (answer >= 0) return Errno.None;
        Errno refused = ErrnoOf(answer);
        _ = Border.Note(TextOf(answer, function), refused);
        return refused;
    }

    /// <summary>Same as <see cref="Error(int, string)"/>, for an answer that says how many bytes were moved, at most so many.</summary>
    public static Errno Error(int answer, int atMost, string function, out int byteCount)
    {
        byteCount = 0;
        if (answer < 0) return Error(answer, function);
        if (answer > atMost)
        {
            _ = Border.Note($"The program's function {function} gave {answer}, although only {atMost} bytes were requested.", Errno.EIO);
            return Errno.EIO;
        }

        byteCount = answer;
        return Errno.None;
    }

    /// <summary>
    /// Throws if a function of the program has refused, so that the access ends with its refusal. A positive answer, such as an errno
    /// without its sign, is an I/O error.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ThrowIfRefused(int answer, string function)
    {
        if (answer != 0) ThrowRefused(answer, function);
    }

    [DoesNotReturn]
    private static void ThrowRefused(int answer, string function) =>
        throw new RefusalException(-(int)ErrnoOf(answer), TextOf(answer, function));

    /// <summary>The text about an answer.</summary>
    public static string TextOf(int answer, string function) => $"The program's function {function} gave {answer}.";

    private static Errno ErrnoOf(int answer) => answer is < 0 and >= -HighestErrno ? (Errno)(-answer) : Errno.EIO;
}

/// <summary>A device whose registers are functions of a C program.</summary>
// SAFETY: the functions and their context are C's for as long as the engine may call them; the structure is this object's.
[SuppressMessage("Design", "CA1001", Justification = "A SafeHandle, which the collector frees when it is no longer reachable.")]
internal sealed unsafe class CalledDevice : INativeDevice
{
    private readonly NativeBytes _bytes = new(sizeof(Device));
    private readonly Device* _calls;    // they lie there

    /// <param name="calls">The functions.</param>
    /// <param name="isOnlyStored">True for a ROM's stores: it is never asked for a load or a fetch.</param>
    /// <exception cref="RefusalException">A function is missing.</exception>
    public CalledDevice(Device calls, bool isOnlyStored = false)
    {
        if (!isOnlyStored) Border.Need(calls.Load, "load");
        Border.Need(calls.Store, "store");
        _calls = (Device*)_bytes.Address;
        *_calls = calls;
    }

    public nint Functions => (nint)_calls;

    public ulong Load(ulong offset, int byteLength)
    {
        ulong value = 0;
        Called.ThrowIfRefused(_calls->Load(_calls->Context, offset, (uint)byteLength, &value), "load");
        return value;
    }

    public void Store(ulong offset, int byteLength, ulong value) =>
        Called.ThrowIfRefused(_calls->Store(_calls->Context, offset, (uint)byteLength, value), "store");

    public ulong Fetch(ulong offset, int byteLength)
    {
        if (_calls->Fetch == null) return Load(offset, byteLength);
        ulong value = 0;
        Called.ThrowIfRefused(_calls->Fetch(_calls->Context, offset, (uint)byteLength, &value), "fetch");
        return value;
    }
}

/// <summary>A file whose bytes a C program keeps.</summary>
// SAFETY: the functions and their context are C's for as long as the engine may call them; buffers are pinned for the call.
internal sealed unsafe class CalledBacking : IFileBacking
{
    private readonly Backing _calls;

    /// <exception cref="RefusalException">The function that reads is missing.</exception>
    public CalledBacking(Backing calls)
    {
        Border.Need(calls.Read, "read");
        AllowsConcurrentReads = Border.Flag(calls.AllowsConcurrentReads, "allows_concurrent_reads");
        _calls = calls;
    }

    public long ByteLength => Files.Length(_calls.Length);

    public bool AllowsConcurrentReads { get; }

    public Errno Read(long offset, Span<byte> destination, out int byteCount)
    {
        fixed (byte* bytes = destination)
        {
            int answer = _calls.Read(_calls.Context, (ulong)offset, bytes, (uint)destination.Length);
            return Called.Error(answer, destination.Length, "read", out byteCount);
        }
    }

    public Errno Write(long offset, ReadOnlySpan<byte> source, out int byteCount)
    {
        byteCount = 0;
        if (_calls.Write == null) return Errno.EROFS;
        fixed (byte* bytes = source)
        {
            int answer = _calls.Write(_calls.Context, (ulong)offset, bytes, (uint)source.Length);
            return Called.Error(answer, source.Length, "write", out byteCount);
        }
    }

    public Errno SetLength(long byteLength) =>
        _calls.SetLength == null ? Errno.EROFS : Called.Error(_calls.SetLength(_calls.Context, (ulong)byteLength), "set_length");

    public Errno Flush() => _calls.Flush == null ? Errno.None : Called.Error(_calls.Flush(_calls.Context), "flush");

    public void Dispose()
    {
        if (_calls.Release != null) _calls.Release(_calls.Context);
    }
}

/// <summary>A pager's pages, from functions of a C program.</summary>
// SAFETY: the functions and their context are C's for as long as the engine may call them; buffers are pinned for the call.
internal sealed unsafe class CalledSource : IPageSource
{
    private readonly PageSource _calls;

    /// <exception cref="RefusalException">The function that supplies pages is missing.</exception>
    public CalledSource(PageSource calls)
    {
        Border.Need(calls.Request, "request");
        _calls = calls;
    }

    public PageAnswer Request(FilePage page, Span<byte> destination)
    {
        fixed (byte* bytes = destination)
        {
            int answer = _calls.Request(_calls.Context, page.Value, bytes);
            if (answer is >= 0 and < (int)PageAnswer.Failed) return (PageAnswer)answer;
            _ = Border.Note(answer <= (int)PageAnswer.Failed ? Called.TextOf(answer, "request")
                : $"The program's function request gave {answer}, which is no PAGING_PAGE_ value.", Errno.EIO);
            return PageAnswer.Failed;
        }
    }

    public Errno Store(FilePage page, ReadOnlySpan<byte> bytes)
    {
        if (_calls.Store == null) return Errno.EROFS;
        fixed (byte* start = bytes) return Called.Error(_calls.Store(_calls.Context, page.Value, start), "store");
    }
}

/// <summary>The host's state of a process, from functions of a C program.</summary>
// SAFETY: as CalledDevice; the saved bytes last until they are copied, when Save has returned.
internal sealed unsafe class CalledState : IHostState
{
    private readonly HostState _calls;

    /// <exception cref="RefusalException">A function is missing.</exception>
    public CalledState(HostState calls)
    {
        Border.Need(calls.Save, "save");
        Border.Need(calls.Restore, "restore");
        _calls = calls;
    }

    public ReadOnlySpan<byte> Save()
    {
        void* bytes = null;
        int length = _calls.Save(_calls.Context, &bytes);
        if (length < 0) Called.ThrowIfRefused(length, "save");
        if (length > 0) Border.Need(bytes, "The bytes of the program's function save");
        return new(bytes, length);
    }

    public void Restore(ReadOnlySpan<byte> state)
    {
        fixed (byte* bytes = state)
            Called.ThrowIfRefused(_calls.Restore(_calls.Context, bytes, (uint)state.Length), "restore");
    }
}

/// <summary>The files of a saved process, from a function of a C program.</summary>
// SAFETY: as CalledDevice; the name and the result last until the function has returned.
internal static unsafe class CalledFinder
{
    /// <summary>The function as Core wants it; null if there is none.</summary>
    public static Func<string, GuestFile?>? Of(FileFinder* files)
    {
        if (files == null) return null;
        FileFinder calls = Sized.Read<FileFinder>(files);
        Border.Need(calls.OpenFile, "open_file");
        return name =>
        {
            ulong file = 0;
            fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
                Called.ThrowIfRefused(calls.OpenFile(calls.Context, text, &file), "open_file");
            return file == 0 ? null : Files.Of(file);
        };
    }

    /// <summary>The function that finds groups; null if there is none.</summary>
    public static Func<string, MemoryGroup?>? GroupsOf(FileFinder* files)
    {
        if (files == null) return null;
        FileFinder calls = Sized.Read<FileFinder>(files);
        if (calls.FindGroup == null) return null;
        return name =>
        {
            ulong group = 0;
            fixed (byte* text = Encoding.UTF8.GetBytes(name + '\0'))
                Called.ThrowIfRefused(calls.FindGroup(calls.Context, text, &group), "find_group");
            return group == 0 ? null : Handles.Get<MemoryGroup>(group, HandleKind.Group);
        };
    }
}

/// <summary>Swap whose slots a C program keeps.</summary>
// SAFETY: the functions and their context are C's for as long as the engine may call them; buffers are pinned for the call.
internal sealed unsafe class CalledSwap : ISwapStore
{
    private readonly SwapStore _calls;

    /// <exception cref="RefusalException">A function is missing.</exception>
    public CalledSwap(string name, SwapStore calls)
    {
        Border.Need(calls.Read, "read");
        Border.Need(calls.Write, "write");
        Name = name;
        _calls = calls;
    }

    public string Name { get; }

    public uint SlotCount => _calls.SlotCount;

    public Errno Read(uint slot, Span<byte> page)
    {
        fixed (byte* bytes = page) return Called.Error(_calls.Read(_calls.Context, slot, bytes), "read");
    }

    public Errno Write(uint slot, ReadOnlySpan<byte> page)
    {
        fixed (byte* bytes = page) return Called.Error(_calls.Write(_calls.Context, slot, bytes), "write");
    }

    public void Dispose()
    {
        if (_calls.Release != null) _calls.Release(_calls.Context);
    }
}
