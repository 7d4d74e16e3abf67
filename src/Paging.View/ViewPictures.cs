using Paging.Pictures;

namespace Paging.View;

/// <summary>The pictures of the page. Only those that are on the screen are drawn.</summary>
internal static class ViewPictures
{
    /// <summary>The kinds of pictures, in the order of the page.</summary>
    public static IReadOnlyList<string> Kinds => ["space", "tables", "frames", "cache", "counters", "tree"];

    /// <summary>Draws one kind.</summary>
    /// <param name="kind">One of <see cref="Kinds"/>.</param>
    /// <param name="session">The run.</param>
    /// <param name="processId">The process that is looked at.</param>
    /// <param name="first">The first area from the top.</param>
    public static Figure? Draw(string kind, ViewSession session, int processId, int first)
    {
        MachineView now = session.Now;
        SpaceView? space = now.SpaceOf(processId) ?? (now.Spaces.Count == 0 ? null : now.Spaces[0]);
        SpaceView? before = space is null ? null : session.Before?.SpaceOf(space.ProcessId);
        return kind switch
        {
            "space" when space is not null => AddressSpaceFigure.Draw(space, before, first),
            "tables" when space is not null => PageTableFigure.Draw(space, before),
            "tree" when space is not null => AreaTreeFigure.Draw(space),
            "frames" => FramesFigure.Draw(now, session.Before),
            "cache" => CacheFigure.Draw(WithFiles(now), session.Before is { } old ? WithFiles(old) : null),
            "counters" => CountersFigure.Draw(now, session.Before),
            _ => null,
        };
    }

    /// <summary>The files that have pages in RAM, named by the areas that map them.</summary>
    private static MachineView WithFiles(MachineView machine)
    {
        Dictionary<int, string> names = machine.Spaces.SelectMany(static space => space.Areas).Where(static area => area.Area.ObjectId != 0)
            .GroupBy(static area => area.Area.ObjectId).ToDictionary(static areas => areas.Key, static areas => areas.First().Label);
        return machine with
        {
            Files = [.. machine.Frames.Index().Where(static frame => frame.Item.FileId != 0).GroupBy(static frame => frame.Item.FileId)
                .OrderBy(static frames => frames.Key).Select(frames => new CachedFileView(frames.Key,
                    names.GetValueOrDefault(frames.Key, $"file {frames.Key}"), frames.Max(static frame => frame.Item.FilePage) + 1,
                    [.. frames.Select(static frame => new CachedPageView(frame.Item.FilePage, new((uint)frame.Index), frame.Item.IsDirty,
                        frame.Item.MapCount)).OrderBy(static page => page.Page)]))],
        };
    }
}
