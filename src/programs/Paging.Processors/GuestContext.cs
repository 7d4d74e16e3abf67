using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Paging.Processors;

/// <summary>A task's state in the processor: registers, floating point, segments for thread-local storage.</summary>
/// <remarks>
/// Made by <see cref="IGuestProcessor.CreateContext"/>. Change <see cref="Registers"/> at any time while the task is not inside
/// <see cref="IGuestProcessor.Run"/>; whether it is the one switched to makes no difference. Dispose contexts before their processor.
/// </remarks>
[DebuggerDisplay("eip {Registers.Eip}, eax {Registers.Eax}")]
public sealed class GuestContext : IDisposable
{
    /// <summary>The length of the floating-point state as <c>fxsave</c> lays it out, in bytes.</summary>
    public const int FloatingPointByteLength = 512;

    private readonly IContextStore _store;
    private readonly TlsDescriptor[] _tls = new TlsDescriptor[SegmentSelectors.TlsEntryCount];
    private GuestRegisters _registers;

    internal GuestContext(IContextStore store, nint blob)
    {
        _store = store;
        Blob = blob;
    }

    /// <summary>The general registers.</summary>
    public ref GuestRegisters Registers => ref _registers;

    /// <summary>The first GDT entry of a task's own: 6, as on i386; 12 as under a 64-bit kernel.</summary>
    public int FirstTlsEntry => Selectors.FirstTlsEntry;

    /// <summary>The number of entries of a task's own.</summary>
    public static int TlsEntryCount => SegmentSelectors.TlsEntryCount;

    /// <summary>True for an entry of the task's own.</summary>
    public bool IsTlsEntry(int entry) => entry >= FirstTlsEntry && entry < FirstTlsEntry + TlsEntryCount;

    /// <summary>Everything else, as the processor saves it. Not up to date while the context is the one switched to.</summary>
    internal nint Blob { get; private set; }

    /// <summary>The current place of the floating point; null for <see cref="Blob"/>.</summary>
    internal object? Residence { get; set; }

    internal SegmentSelectors Selectors => _store.Selectors;

    /// <summary>The base of the segment that a selector names: 0 for the segments that Linux gives to all tasks.</summary>
    internal uint BaseOf(uint selector) =>
        Selectors.TlsIndexOf(selector) is >= 0 and var index && !_tls[index].IsEmpty ? _tls[index].Base.Value : 0;

    /// <summary>True when a segment has changed that a selector in <see cref="Blob"/> may have been loaded from.</summary>
    internal bool HasStaleSegments { get; set; }

    /// <summary>The number of changes from outside to anything but <see cref="Registers"/>: floating point, segments, all of it.</summary>
    public long ChangeCount { get; private set; }

    internal ReadOnlySpan<TlsDescriptor> Tls => _tls;

    /// <summary>Checks that the context belongs to a store, and has not been disposed of.</summary>
    internal void CheckIsOf(IContextStore store, string name)
    {
        if (store != _store) throw new ArgumentException("The context is another processor's.", name);
        ObjectDisposedException.ThrowIf(Blob == 0, this);
    }

    /// <summary>Finds this processor's number for an entry that was saved with any processor. Returns false if it is no task's.</summary>
    public bool TryTranslateTlsEntry(int saved, out int entry)
    {
        foreach (SegmentSelectors from in (ReadOnlySpan<SegmentSelectors>)[SegmentSelectors.Of32BitKernel, SegmentSelectors.Of64BitKernel])
        {
            int index = saved - from.FirstTlsEntry;
            entry = FirstTlsEntry + index;
            if (index >= 0 && index < TlsEntryCount) return true;
        }

        entry = 0;
        return false;
    }

    /// <summary>Loads CS, SS, DS and ES as a task has them at first, and as a kernel gives them to a signal handler.</summary>
    public void ResetSegments() =>
        (_registers.Cs, _registers.Ss, _registers.Ds, _registers.Es) =
            (Selectors.UserCode, Selectors.UserData, Selectors.UserData, Selectors.UserData);

    /// <summary>Takes over registers that were saved with this processor or another, whose selectors may have other numbers.</summary>
    /// <remarks>Of the flags it takes those that a program can change.</remarks>
    public void Adopt(in GuestRegisters saved)
    {
        const uint changeable = 0x0025_4DD5;    // the flags that popf changes in ring 3
        uint flags = (_registers.Eflags & ~changeable) | (saved.Eflags & changeable);
        _registers = saved;
        _registers.Eflags = flags;
        SegmentSelectors from = (saved.Cs & 0xFFFF) == SegmentSelectors.Of64BitKernel.UserCode
            ? SegmentSelectors.Of64BitKernel : SegmentSelectors.Of32BitKernel;    // of the processor that has saved it
        foreach (ref uint selector in MemoryMarshal.CreateSpan(ref _registers.Cs, 6))
            selector = Selectors.Translate(selector & 0xFFFF, from);
        (_registers.Cs, _registers.Ss) = (_registers.Cs | 3, _registers.Ss | 3);    // a program has no other rights
    }

    /// <summary>A segment of the task's own.</summary>
    /// <param name="entry">One of the task's own.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another entry.</exception>
    public TlsDescriptor GetTls(int entry) => _tls[IndexOf(entry)];

    /// <summary>Gives the task a segment, as set_thread_area(2) does; a selector that is loaded from this entry is loaded again.</summary>
    /// <param name="entry">One of the task's own.</param>
    /// <param name="descriptor">The descriptor to store.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another entry.</exception>
    public void SetTls(int entry, TlsDescriptor descriptor)
    {
        int index = IndexOf(entry);
        _store.Check(this, nameof(entry));
        _tls[index] = descriptor;
        ChangeCount++;
        HasStaleSegments |= !_store.TryReloadTls(this);
    }

    /// <summary>
    /// As after execve(2): all registers zero but the selectors and flags, no thread-local storage, floating point as after <c>fninit</c>.
    /// </summary>
    public void Reset()
    {
        _store.Check(this, "");
        Array.Clear(_tls);
        ChangeCount++;
        HasStaleSegments = false;
        _store.Reset(this);
    }

    /// <summary>Takes over everything of another task's, as fork(2) does.</summary>
    /// <exception cref="ArgumentException">The other task is of another processor.</exception>
    /// <exception cref="InvalidOperationException">This context is the one switched to.</exception>
    public void CopyFrom(GuestContext source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _store.Check(this, "");
        _store.Check(source, nameof(source));
        _store.Copy(source, this);
        ChangeCount++;
        source._tls.CopyTo(_tls, 0);
        HasStaleSegments = source.HasStaleSegments;
        _registers = source._registers;
    }

    /// <summary>Reads the floating-point state as <c>fxsave</c> lays it out, for a signal frame.</summary>
    /// <param name="area">512 bytes.</param>
    /// <exception cref="ArgumentException">The area is shorter.</exception>
    public void SaveFloatingPoint(Span<byte> area)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(area.Length, FloatingPointByteLength, nameof(area));
        _store.Check(this, "");
        _store.SaveFloatingPoint(this, area);
    }

    /// <summary>Sets the floating-point state from an area written by <see cref="SaveFloatingPoint"/>, as sigreturn(2) does.</summary>
    /// <param name="area">512 bytes.</param>
    /// <exception cref="ArgumentException">The area is shorter.</exception>
    public void RestoreFloatingPoint(ReadOnlySpan<byte> area)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(area.Length, FloatingPointByteLength, nameof(area));
        _store.Check(this, "");
        _store.RestoreFloatingPoint(this, area);
        ChangeCount++;
    }

    /// <summary>The length of the state beyond fxsave's, in bytes: 0, or as much as <c>xsave</c> writes after it.</summary>
    public int ExtendedByteLength => _store.ExtendedByteLength;

    /// <summary>Reads the state beyond fxsave's as <c>xsave</c> lays it out, from its header on.</summary>
    /// <param name="area"><see cref="ExtendedByteLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The area is shorter.</exception>
    public void SaveExtended(Span<byte> area)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(area.Length, ExtendedByteLength, nameof(area));
        _store.Check(this, "");
        _store.SaveExtended(this, area);
    }

    /// <summary>Sets the state beyond fxsave's, after <see cref="RestoreFloatingPoint"/>. Parts the processor lacks are reset.</summary>
    /// <param name="area"><see cref="ExtendedByteLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The area is shorter.</exception>
    public void RestoreExtended(ReadOnlySpan<byte> area)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(area.Length, ExtendedByteLength, nameof(area));
        _store.Check(this, "");
        _store.RestoreExtended(this, area);
        ChangeCount++;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Blob == 0) return;
        _store.Forget(this);
        Blob = 0;
    }

    private int IndexOf(int entry)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(entry, FirstTlsEntry);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(entry, FirstTlsEntry + TlsEntryCount);
        return entry - FirstTlsEntry;
    }
}
