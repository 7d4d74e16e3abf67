using Paging.Native;
using Paging.Native.Memory;
using Paging.Native.Tables;

namespace Paging.Core.Tests;

/// <summary>Ways to write a page without a dirty log having seen it.</summary>
internal static class DirtyLogCanaries
{
    public static IEnumerable<Canary> All { get; } =
    [
        new("D1", "a page on a dirty log's list without its bit", static world =>
        {
            world.Memory.OpenDirtyLog();
            world.Touch(Damage.Own);
            DirtySet log = world.Memory.Space.Observers.Logs.All[0];
            Damage.Set(log, "_count", log.Count + 1);
        }),
        new("D2", "a page cached for writing that a dirty log does not have", static world =>
        {
            DirtyLog log = world.Memory.OpenDirtyLog();
            world.Touch(Damage.Own);
            log.CollectDirty();
            world.Mmu.GrantWrite(World.At(Damage.Own).Page, new(Damage.WordAt(world, Damage.Own)), world.Engine.Ram);
        }),
        new("D3", "a frame that can be written and that a dirty log does not have", static world =>
        {
            FrameDirtyLog log = world.Engine.OpenDirtyLog();
            world.Touch(Damage.Own);
            log.CollectDirty();
            world.Mmu.GrantWrite(World.At(Damage.Own).Page, new(Damage.WordAt(world, Damage.Own)), world.Engine.Ram);
        }),
        new("D4", "a writable entry whose first write will not fault", static world =>
        {
            DirtyLog log = world.Memory.OpenDirtyLog(WriteSources.Processor);
            world.Touch(Damage.Own);
            log.CollectDirty();
            Damage.WordAt(world, Damage.Own) |= (uint)EntryBits.Writable;
        }),
    ];
}
