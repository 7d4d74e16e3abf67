using Paging.Core;
using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Figures;
using Paging.Pictures.Snapshots;
using Paging.Programs.Heap;

namespace Paging.Tour;

/// <summary>The pictures that stories show.</summary>
public static class Camera
{
    /// <summary>Every frame of the machine by its state.</summary>
    public static StoryCamera Frames => static look => FramesFigure.Draw(look.Now, look.Before);

    /// <summary>The counters, and their changes since the step before.</summary>
    public static StoryCamera Counters => static look => CountersFigure.Draw(look.Now, look.Before);

    /// <summary>The pages of each file in the page cache.</summary>
    public static StoryCamera Cache => static look => CacheFigure.Draw(look.Now, look.Before);

    internal static StoryCamera Space(UserProcess process) =>
        Of(process, static (space, before) => AddressSpaceFigure.Draw(space, before));

    /// <summary>An address space with the addresses that a story has used.</summary>
    internal static StoryCamera Space(UserProcess process, params AddressMark[] marks) =>
        Of(process, (space, before) => AddressSpaceFigure.Draw(space, before, marks));

    /// <summary>A stack to scale, with the addresses that a story has used.</summary>
    internal static StoryCamera Stack(UserProcess process, PageNumber end, ulong limit, params AddressMark[] marks) =>
        Of(process, (space, before) => StackFigure.Draw(space, before, end, limit, marks));

    internal static StoryCamera Tables(UserProcess process, PageRange? focus = null, int count = 6) =>
        Of(process, (space, before) => PageTableFigure.Draw(space, before, focus, count));

    internal static StoryCamera Descriptors(UserProcess process) => Of(process, ProcessFigure.Draw);

    internal static StoryCamera Tree(UserProcess process) => Of(process, static (space, _) => AreaTreeFigure.Draw(space));

    internal static StoryCamera Spaces(params (UserProcess Process, string Name)[] columns) => Spaces(-1, columns);

    internal static StoryCamera Spaces(int active, params (UserProcess Process, string Name)[] columns)
    {
        (int Id, string Name)[] asked = [.. columns.Select(static column => (column.Process.Id, column.Name))];
        return look => SpacesFigure.Draw([.. asked.Select(column => (Space: look.Now.SpaceOf(column.Id), column.Name))
            .Where(static column => column.Space is not null).Select(static column => (column.Space!, column.Name))], active);
    }

    internal static StoryCamera Entries(UserProcess process, params (string Name, VirtualAddress Address)[] asked) =>
        Of(process, (space, before) => EntryFigure.Draw(
            [.. asked.Select(entry => (entry.Name, space.EntryOf(entry.Address.Page)))],
            before is null ? null : [.. asked.Select(entry => before.EntryOf(entry.Address.Page).Entry.Word)], space.Format));

    internal static StoryCamera Mapping(UserProcess process, VirtualAddress start, uint pages, string title, GuestFile? file = null)
    {
        PageWindow window = new(process.Id, new(start.Page, new(pages)), title);
        return look => look.Now.SpaceOf(window.ProcessId) is null ? null
            : MappingFigure.Draw(look.Now, look.Before, window, null, file?.Id ?? 0);
    }

    internal static StoryCamera Mapping(PageWindow left, PageWindow right, GuestFile? file = null) =>
        look => MappingFigure.Draw(look.Now, look.Before, left, right, file?.Id ?? 0);

    internal static PageWindow Window(UserProcess process, VirtualAddress start, uint pages, string title) =>
        new(process.Id, new(start.Page, new(pages)), title);

    internal static StoryCamera Footprints(params UserProcess[] processes)
    {
        int[] ids = [.. processes.Select(static process => process.Id)];
        return look => FootprintFigure.Draw([.. ids.Select(look.Now.SpaceOf).OfType<SpaceView>()]);
    }

    /// <summary>A program in memory, with the fields of mm_struct.</summary>
    internal static StoryCamera Layout(UserProcess process, VirtualAddress mmapBase)
    {
        ulong stack = process.Memory.GetLimit(ResourceLimit.Stack);
        return Of(process, (space, before) => LayoutFigure.Draw(space, before, mmapBase, stack));
    }

    /// <summary>User space in pages, around one of them.</summary>
    internal static StoryCamera Pages(UserProcess process, PageNumber page) => Of(process, (space, _) => PagesFigure.Draw(space, page));

    /// <summary>The physical addresses and zones of the machine.</summary>
    internal static StoryCamera Physical(PagingEngine engine) => look => PhysicalFigure.Draw(look.Now, engine.Frames.CountZones());

    /// <summary>The way from an address to a byte.</summary>
    internal static StoryCamera Translation(UserProcess process, VirtualAddress address) =>
        Of(process, (space, _) => TranslationFigure.Draw(space, address));

    /// <summary>Variables in their segments; the values are looked up at each step.</summary>
    internal static StoryCamera Variables(UserProcess process, Func<SpaceView, IReadOnlyList<VariableView>> values)
    {
        IReadOnlyList<VariableView>? before = null;
        return Of(process, (space, _) =>
        {
            IReadOnlyList<VariableView> now = values(space);
            Figure figure = VariablesFigure.Draw(space, now, before);
            before = now;
            return figure;
        });
    }

    /// <summary>The places that many runs of a program have given its segments.</summary>
    internal static StoryCamera Chance(
        params (string Name, VirtualAddress Lowest, VirtualAddress Highest, VirtualAddress[] Places)[] rows) =>
        _ => ChanceFigure.Draw(rows);

    internal static StoryCamera Heap(GuestHeap heap, uint wanted = 0) =>
        _ => HeapFigure.Draw([.. heap.SnapshotChunks().Select(static chunk =>
            new HeapBlock(chunk.Start, chunk.ByteLength, chunk.IsInUse))], wanted);

    /// <summary>A picture of a process, and of the same one at the step before; none once it has exited.</summary>
    private static StoryCamera Of(UserProcess process, Func<SpaceView, SpaceView?, Figure> draw)
    {
        int id = process.Id;
        return look => look.Now.SpaceOf(id) is { } space ? draw(space, look.Before?.SpaceOf(id)) : null;
    }
}
