using Paging.Native;
using Paging.Windows;
using Paging.Windows.Images;

namespace Paging.WindowsGuest.Threads;

//   directory:  00 first byte, 04 end of the bytes copied for each thread   08 address of the index   0C callbacks   10 zeros behind it
/// <summary>The needs of an image for each thread: its own copy of some bytes, and callbacks at begin and end.</summary>
/// <remarks>
/// Source: Microsoft, PE Format, The .tls section; its addresses are virtual. Callbacks are called with the image, the reason and 0.
/// </remarks>
internal sealed class TlsDirectory
{
    private const uint CallbackCountMax = 64, CopyLengthMax = 1 << 20;    // a damaged directory must not take all memory

    private readonly WindowsProcess _process;
    private readonly uint _image, _first, _length;
    private readonly List<uint> _callbacks = [];

    private TlsDirectory(WindowsProcess process, uint image, uint place)
    {
        (_process, _image) = (process, image);
        _first = Word(place);
        CopyLength = Math.Min(Word(place + 4) - _first, CopyLengthMax) + Math.Min(Word(place + 16), CopyLengthMax);
        _length = Math.Min(Word(place + 4) - _first, CopyLengthMax);    // only these have bytes; zeros come behind
        process.Access.TryWrite(new VirtualAddress(Word(place + 8)), 0u, out _);    // the only image that has one: its index is 0
        for (uint at = Word(place + 12); at != 0 && _callbacks.Count < CallbackCountMax && Word(at) != 0; at += 4) _callbacks.Add(Word(at));
    }

    /// <summary>The reasons for which callbacks are called: DLL_PROCESS_ATTACH and its like.</summary>
    internal enum Reason : uint
    {
        ProcessDetach,
        ProcessAttach,
        ThreadAttach,
        ThreadDetach,
    }

    /// <summary>The number of bytes that each thread gets.</summary>
    public uint CopyLength { get; }

    /// <summary>True if there are callbacks.</summary>
    public bool HasCallbacks => _callbacks.Count != 0;

    /// <summary>Reads the directory of an image in memory; null: it has none.</summary>
    public static TlsDirectory? Read(WindowsProcess process, PeImage image, VirtualAddress start) =>
        image.ThreadStorage == 0 ? null : new(process, start.Value, start.Value + image.ThreadStorage);

    /// <summary>Fills a thread's copy.</summary>
    public void Fill(VirtualAddress place)
    {
        byte[] bytes = new byte[_length];
        if (_process.Access.TryCopyOut(new(_first), bytes, out _)) _process.Access.WriteProcessMemory(place, bytes, out _);
    }

    /// <summary>The calls of all callbacks.</summary>
    public IEnumerable<GuestCall> CallAll(Reason reason)
    {
        foreach (uint callback in _callbacks) yield return new(callback, _image, (uint)reason, 0);
    }

    private uint Word(uint place) => _process.Access.TryRead(new VirtualAddress(place), out uint word, out _) ? word : 0;
}
