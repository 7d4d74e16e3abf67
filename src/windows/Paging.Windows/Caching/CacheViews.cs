using Paging.Core.Files;
using Paging.Native;

namespace Paging.Windows.Caching;

/// <summary>A view of the system cache: 256 KB of a file, at its place in the system's addresses.</summary>
internal struct CacheView
{
    /// <summary>The file; null if the view was never used.</summary>
    public FileObject? File;

    /// <summary>The number of the 256 KB piece of the file.</summary>
    public long Piece;

    /// <summary>Reads and writes that are in the view now.</summary>
    public uint ActiveCount;

    /// <summary>The time of the last use, counted in uses.</summary>
    public long LastUse;
}

//   C1000000  ┌─ view 0 ─┬─ view 1 ─┬─ … ─┬─ view 255 ─┐ C5000000      each shows 256 KB of a file at an offset of 256 KB;
//             └─ a:0 ────┴─ b:1 ────┴─ … ─┴─ unused ───┘               its pages are those of the one page cache
/// <summary>The views through which files are read and written: 256 of 256 KB. The one that was used longest ago is taken anew.</summary>
/// <remarks>
/// They decide nothing about frames: a page stays in the cache when its view goes. Linux has no such views: it copies page by page.
/// Windows: VACBs, CcVacbArray, CcGetVacbMiss.
/// </remarks>
internal sealed class CacheViews
{
    /// <summary>The bytes of a file that a view shows.</summary>
    public const int ByteLength = 256 << 10;    // VACB_MAPPING_GRANULARITY

    /// <summary>The number of views.</summary>
    public const int Count = 256;    // 64 MB of views of 256 KB

    private static readonly VirtualAddress _start = new(0xC100_0000);    // MM_SYSTEM_CACHE_START of x86 without PAE

    private readonly CacheView[] _views = new CacheView[Count];
    private readonly Dictionary<(uint File, long Piece), int> _byPiece = new(Count);
    private long _uses;

    /// <summary>Uses that found their view.</summary>
    public long Hits { get; private set; }

    /// <summary>Uses that took a view from another piece.</summary>
    public long Remapped { get; private set; }

    public ref readonly CacheView this[int view] => ref _views[view];

    /// <summary>The address of a view among the system's.</summary>
    public static VirtualAddress AddressOf(int view) => _start + ((uint)view * ByteLength);

    /// <summary>Makes the view of an offset active, until the use is disposed of.</summary>
    /// <exception cref="InvariantException">I12: all views are active.</exception>
    public Use Acquire(FileObject file, long offset)
    {
        long piece = offset / ByteLength;
        if (_byPiece.TryGetValue((file.Number, piece), out int view)) Hits++;
        else view = Take(file, piece);
        _views[view].ActiveCount++;
        _views[view].LastUse = ++_uses;
        return new(this, view);
    }

    // I12  each piece has one view, whose record names the piece, and no view is active between calls
    /// <summary>Checks I12.</summary>
    public void Audit(AuditReport report)
    {
        int used = 0;
        for (int view = 0; view < Count; view++)
        {
            ref CacheView one = ref _views[view];
            if (one.ActiveCount != 0) report.Add("I12", $"cache view {view} is active {one.ActiveCount} times between calls");
            if (one.File is null) continue;
            used++;
            if (!_byPiece.TryGetValue((one.File.Number, one.Piece), out int found) || found != view)
                report.Add("I12", $"cache view {view} shows piece {one.Piece} of object {one.File.Number}, which leads elsewhere");
        }

        report.AddIfDifferent("I12", "cache views in use", used, _byPiece.Count);
    }

    private int Take(FileObject file, long piece)
    {
        int view = -1;
        for (int i = 0; i < Count; i++)
            if (_views[i].ActiveCount == 0 && (view < 0 || _views[i].LastUse < _views[view].LastUse)) view = i;
        if (view < 0) throw new InvariantException("I12: every view of the cache is active. Each read and write releases its view.");
        ref CacheView taken = ref _views[view];
        if (taken.File is { } old)
        {
            _byPiece.Remove((old.Number, taken.Piece));
            Remapped++;
        }

        taken = new() { File = file, Piece = piece };
        _byPiece.Add((file.Number, piece), view);
        return view;
    }

    /// <summary>A read or write in a view.</summary>
    internal readonly struct Use(CacheViews views, int view) : IDisposable
    {
        public void Dispose() => views._views[view].ActiveCount--;
    }
}
