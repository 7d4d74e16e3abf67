using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Figures;
using Paging.Pictures.Snapshots;

namespace Paging.View;

/// <summary>The pictures of the page. Only those that are on the screen are drawn.</summary>
internal static class ViewPictures
{
    /// <summary>The kinds of pictures, in the order of the page.</summary>
    public static IReadOnlyList<string> Kinds => ["space", "tables", "frames", "cache", "counters", "tree"];

    /// <summary>The rows of the address space that are on the screen.</summary>
    public const int AreaRows = 12;

    /// <summary>True for a kind that shows another part when the areas are scrolled.</summary>
    public static bool IsScrolled(string kind) => kind is "space" or "tables";

    /// <summary>Draws one kind.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="session">The run.</param>
    /// <param name="processId">The process to draw.</param>
    /// <param name="first">The first area from the top.</param>
    public static Figure? Draw(string kind, ViewSession session, int processId, int first)
    {
        MachineView now = session.Now;
        SpaceView? space = session.SpaceShown(processId);
        SpaceView? before = space is null ? null : session.Before?.SpaceOf(space.ProcessId);
        return kind switch
        {
            "space" when space is not null => AddressSpaceFigure.Draw(space, before, first, AreaRows),
            "tables" when space is not null => PageTableFigure.Draw(space, before, PagesOnScreen(space, first)),
            "tree" when space is not null => AreaTreeFigure.Draw(space),
            "frames" => FramesFigure.Draw(now, session.Before),
            "cache" => CacheFigure.Draw(
                now.WithCachedFiles(session.NameOf), session.Before?.WithCachedFiles(session.NameOf)),
            "counters" => CountersFigure.Draw(now, session.Before),
            _ => null,
        };
    }

    /// <summary>From the lowest area on the screen to the highest: their tables are those to be shown.</summary>
    private static PageRange? PagesOnScreen(SpaceView space, int first)
    {
        int top = space.Areas.Count - Math.Max(0, first) - 1, bottom = Math.Max(0, top - AreaRows + 1);
        return first <= 0 || top < 0 ? null
            : PageRange.Between(space.Areas[bottom].Area.Range.First, space.Areas[top].Area.Range.End);
    }
}
