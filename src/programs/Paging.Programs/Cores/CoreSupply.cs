using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Cores;

/// <summary>The pages of a core file, and those of mapped files that it left out, if the files have not changed since.</summary>
internal sealed class CoreSupply(CoreFile core, Func<string, Stream?>? openFile) : IDisposable
{
    private readonly Dictionary<string, (Stream? File, string Reason)> _files = new(StringComparer.Ordinal);
    private readonly List<MissingPages> _missing = [];
    private readonly VirtualAddress? _entry = CoreLayout.Find(core, AuxiliaryKind.SystemCallEntry);
    private readonly byte[] _window = new byte[1 << 20];    // a core of 4 GiB is mostly holes: a megabyte at a time
    private readonly Dictionary<VirtualAddress, int> _zeroWindows = [];    // read once, though an image reads all pages twice
    private VirtualAddress _windowStart;
    private int _windowLength;
    private bool _isWindowZero;

    /// <summary>The missing pages so far.</summary>
    public IReadOnlyList<MissingPages> Missing => _missing;

    /// <summary>
    /// Reads a page. Returns false if it has none: it is missing, or anonymous memory that is zero. A core file has holes for pages that
    /// were never touched (Linux: fs/coredump.c, dump_user_range), and a hole reads as zeros.
    /// </summary>
    public bool TryRead(PageNumber page, Span<byte> destination)
    {
        if (core.FindArea(page.Address) is not { } area) return false;
        if (page - area.Range.First < area.Dumped)
        {
            bool isWhole = ReadFromWindow(area, page.Address, destination);
            if (isWhole && area.FileName.Length == 0 && destination.IndexOfAnyExcept((byte)0) < 0) return false;
            if (isWhole && _entry is { } entry && entry.Page == page) EnterByInterrupt(destination[entry.OffsetInPage..]);
            return isWhole;
        }

        if (page - area.Range.First < area.Promised)
        {
            Note(area.FileName.Length == 0 ? "anonymous memory" : area.FileName, page, "the core file was cut before it");
            return false;
        }

        if (area.FileName.Length == 0) return false;
        (Stream? file, string reason) = Find(area.FileName);
        if (file is null)
        {
            Note(area.FileName, page, reason);
            return false;
        }

        file.Position = (area.FileOffset + (page - area.Range.First)).ByteOffset;
        destination.Clear();    // the rest of a file's last page is zeros
        if (file.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) > 0) return true;
        Note(area.FileName, page, "the page lies beyond the end of the file");
        return false;
    }

    private bool ReadFromWindow(CoreArea area, VirtualAddress address, Span<byte> destination)
    {
        uint into = address.Value - _windowStart.Value;
        if (into >= _windowLength)
        {
            (_windowStart, into) = (address, 0);
            _isWindowZero = _zeroWindows.TryGetValue(address, out _windowLength);
        }

        if (into == 0 && !_isWindowZero)
        {
            ulong left = area.Range.First.Address.Value + area.Dumped.Bytes - address.Value;
            Span<byte> window = _window.AsSpan(0, (int)Math.Min((ulong)_window.Length, left));
            _windowLength = core.Read(address, window);
            _isWindowZero = window[.._windowLength].IndexOfAnyExcept((byte)0) < 0;
            if (_isWindowZero) _zeroWindows.Add(address, _windowLength);
        }

        if (into + (uint)destination.Length > _windowLength) return core.Read(address, destination) == destination.Length;
        if (_isWindowZero) destination.Clear();
        else _window.AsSpan((int)into, destination.Length).CopyTo(destination);
        return true;
    }

    public void Dispose()
    {
        foreach ((Stream? file, _) in _files.Values) file?.Dispose();
    }

    /// <summary>
    /// Removes the fast instruction from the vDSO's entry of system calls. After it is int 0x80, the only way that processors here have.
    /// </summary>
    /// <remarks>Linux: arch/x86/entry/vdso/vdso32/system_call.S: mov %esp, %ebp and sysenter, or mov %ecx, %ebp and syscall.</remarks>
    private static void EnterByInterrupt(Span<byte> code)
    {
        const int lengthMax = 32, replaced = 4;
        const byte nop = 0x90;
        Span<byte> start = code[..Math.Min(code.Length, lengthMax)];
        foreach (byte[] fast in (byte[][])[[0x89, 0xE5, 0x0F, 0x34, 0xCD, 0x80], [0x89, 0xCD, 0x0F, 0x05, 0xCD, 0x80]])
        {
            int at = start.IndexOf(fast);
            if (at >= 0) start.Slice(at, replaced).Fill(nop);
        }
    }

    private (Stream? File, string Reason) Find(string name)
    {
        if (_files.TryGetValue(name, out (Stream? File, string Reason) known)) return known;
        (Stream? File, string Reason) found = Open(name);
        _files.Add(name, found);
        return found;
    }

    private (Stream? File, string Reason) Open(string name)
    {
        CoreArea? first = core.Areas.FirstOrDefault(area => area.FileOffset.Value == 0
            && string.Equals(area.FileName, name, StringComparison.Ordinal) && area.Dumped > default(PageCount));
        byte[]? expected = first is null ? null : BuildIdentifier.Find((offset, bytes) => ReadStart(first, offset, bytes));
        if (expected is null) return (null, "the core file does not show the file's build identifier");
        if (openFile?.Invoke(name) is not { } file) return (null, "there is no such file");
        byte[]? found = BuildIdentifier.Find((offset, bytes) =>
        {
            file.Position = offset;
            return file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        });
        if (found.AsSpan().SequenceEqual(expected)) return (file, "");
        file.Dispose();
        return (null, "the file has another build identifier: it is not the one that the program mapped");
    }

    private int ReadStart(CoreArea first, uint offset, Span<byte> bytes)
    {
        ulong left = first.Dumped.Bytes;
        if (offset >= left) return 0;
        return core.Read(first.Range.First.Address + offset, bytes[..(int)Math.Min((ulong)bytes.Length, left - offset)]);
    }

    /// <summary>Adds a page to the list, once: pages are visited in order, and in a second pass again.</summary>
    private void Note(string name, PageNumber page, string reason)
    {
        if (_missing.Count > 0 && page < _missing[^1].Range.End) return;
        if (_missing.Count > 0 && _missing[^1] is var last && last.Range.End == page
            && string.Equals(last.FileName, name, StringComparison.Ordinal) && string.Equals(last.Reason, reason, StringComparison.Ordinal))
            _missing[^1] = last with { Range = new(last.Range.First, last.Range.Count + PageCount.One) };
        else _missing.Add(new(name, new(page, PageCount.One), reason));
    }
}
