using System.Diagnostics;
using System.Runtime.InteropServices;
using Paging.Guest.Records;

namespace Paging.Guest.Processor;

/// <summary>What a task has in the processor: registers, floating point, segments for thread-local storage.</summary>
/// <remarks>
/// Made by <see cref="GuestProcessor.CreateContext"/>. Change <see cref="Registers"/> at any time while the task is not inside
/// <see cref="GuestProcessor.Run"/>; whether it is the one switched to makes no difference. Dispose contexts before their processor.
/// </remarks>
[DebuggerDisplay("eip {Registers.Eip}, eax {Registers.Eax}")]
public sealed class GuestContext : IDisposable
{
    private readonly IContextStore _store;
    private readonly TlsDescriptor[] _tls = new TlsDescriptor[SegmentSelectors.TlsEntryCount];
    private GuestRegisters _registers;

    internal GuestContext(IContextStore store, nint blob)
    {
        _store = store;
        Blob = blob;
    }

    /// <summary>The registers that a kernel looks at.</summary>
    public ref GuestRegisters Registers => ref _registers;

    /// <summary>The first GDT entry of a task's own: 6, as on i386; 12 as under a 64-bit kernel.</summary>
    public int FirstTlsEntry => Selectors.FirstTlsEntry;

    /// <summary>How many there are.</summary>
    public static int TlsEntryCount => SegmentSelectors.TlsEntryCount;

    /// <summary>True for an entry of the task's own.</summary>
    public bool IsTlsEntry(int entry) => entry >= FirstTlsEntry && entry < FirstTlsEntry + TlsEntryCount;

    /// <summary>Everything else, as the processor saves it. Not up to date while the context is the one switched to.</summary>
    internal nint Blob { get; private set; }

    /// <summary>Where the processor has the floating point at present; null: in <see cref="Blob"/>.</summary>
    internal object? Residence { get; set; }

    internal SegmentSelectors Selectors => _store.Selectors;

    /// <summary>Where the segment begins that a selector names: 0 for those that Linux gives to all tasks.</summary>
    internal uint BaseOf(uint selector) =>
        Selectors.TlsIndexOf(selector) is >= 0 and var index && !_tls[index].IsEmpty ? _tls[index].Base.Value : 0;

    /// <summary>True when a segment has changed that a selector in <see cref="Blob"/> may have been loaded from.</summary>
    internal bool HasStaleSegments { get; set; }

    internal ReadOnlySpan<TlsDescriptor> Tls => _tls;

    /// <summary>Checks that the context is a store's, and still there.</summary>
    internal void CheckIsOf(IContextStore store, string name)
    {
        if (store != _store) throw new ArgumentException("The context is another processor's.", name);
        ObjectDisposedException.ThrowIf(Blob == 0, this);
    }

    /// <summary>An entry as it is numbered here, of one that was saved with this processor or another; none: −1.</summary>
    internal int TranslateTlsEntry(int entry)
    {
        foreach (SegmentSelectors from in (ReadOnlySpan<SegmentSelectors>)[SegmentSelectors.Of32BitKernel, SegmentSelectors.Of64BitKernel])
        {
            int index = entry - from.FirstTlsEntry;
            if (index >= 0 && index < TlsEntryCount) return FirstTlsEntry + index;
        }

        return -1;
    }

    /// <summary>A segment of the task's own.</summary>
    /// <param name="entry">One of the task's own.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another entry.</exception>
    public TlsDescriptor GetTls(int entry) => _tls[IndexOf(entry)];

    /// <summary>Gives the task a segment, as set_thread_area(2) does; a selector that is loaded from this entry is loaded again.</summary>
    /// <param name="entry">One of the task's own.</param>
    /// <param name="descriptor">What to put there.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another entry.</exception>
    public void SetTls(int entry, TlsDescriptor descriptor)
    {
        int index = IndexOf(entry);
        _store.Check(this, nameof(entry));
        _tls[index] = descriptor;
        HasStaleSegments |= !_store.TryReloadTls(this);
    }

    /// <summary>
    /// As after execve(2): all registers zero but the selectors and flags, no thread-local storage, floating point as after <c>fninit</c>.
    /// </summary>
    public void Reset()
    {
        _store.Check(this, "");
        Array.Clear(_tls);
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
        source._tls.CopyTo(_tls, 0);
        HasStaleSegments = source.HasStaleSegments;
        _registers = source._registers;
    }

    /// <summary>Reads the floating-point state as <c>fxsave</c> lays it out, for a signal frame.</summary>
    /// <param name="area">512 bytes.</param>
    /// <exception cref="ArgumentException">The area is shorter.</exception>
    public void SaveFloatingPoint(Span<byte> area)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(area.Length, FloatingPointArea.Length, nameof(area));
        _store.Check(this, "");
        _store.SaveFloatingPoint(this, area);
    }

    /// <summary>Sets the floating-point state from what <see cref="SaveFloatingPoint"/> wrote, as sigreturn(2) does.</summary>
    /// <param name="area">512 bytes.</param>
    /// <exception cref="ArgumentException">The area is shorter.</exception>
    public void RestoreFloatingPoint(ReadOnlySpan<byte> area)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(area.Length, FloatingPointArea.Length, nameof(area));
        _store.Check(this, "");
        _store.RestoreFloatingPoint(this, area);
    }

    /// <summary>Bytes of state beside that: 0, or as many as <c>xsave</c> writes behind it.</summary>
    internal int ExtendedByteLength => _store.ExtendedByteLength;

    internal void SaveExtended(Span<byte> area) => _store.SaveExtended(this, area);

    internal void RestoreExtended(ReadOnlySpan<byte> area) => _store.RestoreExtended(this, area);

    internal void Save(RecordWriter writer)
    {
        Span<byte> floating = stackalloc byte[FloatingPointArea.Length];
        SaveFloatingPoint(floating);
        writer.Begin(RecordKind.Context, 1);
        foreach (uint word in Words) writer.Write(word);
        foreach (TlsDescriptor segment in _tls)
        {
            writer.Write(segment.Base.Value);
            writer.Write(segment.Limit);
            writer.Write((uint)segment.Flags);
        }

        writer.WriteBytes(floating);
        writer.End();
    }

    /// <summary>Fills a context that is as it was made. What a program could not have is not taken, as sigreturn(2) would not.</summary>
    internal void Load(RecordReader reader)
    {
        const uint changeable = 0x0025_4DD5;    // the flags that popf changes in ring 3
        uint flags = _registers.Eflags;
        reader.Open(RecordKind.Context, 1);
        foreach (ref uint word in Words) word = reader.ReadWord();
        _registers.Eflags = (flags & ~changeable) | (_registers.Eflags & changeable);
        SegmentSelectors from = (_registers.Cs & 0xFFFF) == SegmentSelectors.Of64BitKernel.UserCode
            ? SegmentSelectors.Of64BitKernel : SegmentSelectors.Of32BitKernel;    // of the processor that has saved it
        foreach (ref uint selector in MemoryMarshal.CreateSpan(ref _registers.Cs, 6))
            selector = Selectors.Translate(selector & 0xFFFF, from);
        (_registers.Cs, _registers.Ss) = (_registers.Cs | 3, _registers.Ss | 3);
        for (int entry = 0; entry < TlsEntryCount; entry++)
            SetTls(FirstTlsEntry + entry, new(new(reader.ReadWord()), reader.ReadWord(), (TlsFlags)reader.ReadWord()));
        ReadOnlySpan<byte> floating = reader.ReadBytes();
        if (floating.Length != FloatingPointArea.Length) throw RecordReader.Damaged("a floating-point state has another length");
        RestoreFloatingPoint(floating);
        reader.Close();
    }

    // The registers are sixteen words and nothing else.
    private Span<uint> Words => MemoryMarshal.CreateSpan(ref _registers.Eax, GuestRegisters.Count);

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
