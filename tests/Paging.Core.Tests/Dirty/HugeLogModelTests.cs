using Paging.Native;
using Paging.Native.Memory;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Random calls on huge memory of every kind, with dirty logs, clear_refs and a log of frames: no store is missed, by any of them, and
/// the audit finds nothing.
/// </summary>
/// <remarks>
/// A log may name more pages of a huge page than were written (<c>WriteObservers</c>), but no page of another one.
/// </remarks>
public sealed class HugeLogModelTests
{
    //  line 0 private of the pool   1 shared of the pool   2 transparent   3 shared memory, collapsed at times
    private const int Lines = 4, Pages = 512;

    [Fact]
    public void NoStoreIsMissed() => Compare(scriptCount: 12);

    [Fact, Trait("Category", "Slow")]
    public void NorInMoreRuns() => Compare(scriptCount: Soak.Of(120, 24));

    private static void Compare(int scriptCount)
    {
        int collected = 0;
        Property.ForScripts(scriptCount, 60, script =>
        {
            using Story story = new();
            foreach (uint word in script) story.Play(word);
            story.End();
            collected += story.Collected;
        });
        Assert.True(collected > scriptCount * 10, $"Only {collected} pages were collected: this test tests nothing.");
    }

    private sealed class Story : IDisposable
    {
        private readonly World _world;
        private readonly List<(DirtyLog Log, bool IsExact, HashSet<int> Written)> _logs = [];
        private readonly HashSet<int> _softDirty = [];
        private readonly FrameDirtyLog[] _frames;
        private readonly byte[][] _seen;
        private bool _hasReadZeros;

        public Story()
        {
            _world = new(World.Options(20) with
            {
                Tables = TableFormat.Pae,
                HugePages = 3,
                TransparentHugePages = TransparentHugePages.Advised,
            });
            MapFlags pool = MapFlags.Anonymous | MapFlags.Fixed | MapFlags.HugeTlb;
            World.MapAs(_world.First, 0, Pages, MemoryProtection.ReadWrite, pool | MapFlags.Private);
            World.MapAs(_world.First, Pages, Pages, MemoryProtection.ReadWrite, pool | MapFlags.Shared);
            _world.Map(2 * Pages, Pages);
            Advise(2, MemoryAdvice.HugePage);
            _world.MapShared(3 * Pages, Pages);
            _frames = [_world.Engine.OpenDirtyLog(WriteSources.Mmu)];
            _seen = [.. Enumerable.Range(0, (int)_world.Engine.Ram.FrameCount.Value).Select(frame => Bytes((uint)frame).ToArray())];
        }

        public int Collected { get; private set; }

        public void Play(uint word)
        {
            int line = (int)((word >> 4) % Lines), page = (line * Pages) + (int)((word >> 8) % 7 * 73);
            bool isProcessor = (word & (1u << 20)) != 0;
            switch (word & 15)
            {
                case 0 when _logs.Count < 3:
                    WriteSources sources = isProcessor ? WriteSources.Processor : WriteSources.Mmu;
                    _logs.Add((_world.Memory.OpenDirtyLog(sources), !isProcessor, []));
                    break;
                case 1 when _logs.Count > 1:
                    _logs[0].Log.Dispose();
                    _logs.RemoveAt(0);
                    break;
                case 2: CollectPages(word >> 8); break;
                case 3: CollectFrames(); break;
                case 4:
                    World.Succeeds(_world.Memory.ClearReferences(ReferenceKind.SoftDirty));
                    _softDirty.Clear();
                    break;
                case 5:
                    _hasReadZeros |= line == 2;    // the huge page of zeros stays, as in Linux until its shrinker runs
                    _world.Peek(page);
                    break;
                case 6:
                    if (_world.First.Fork(out UserProcess? child) != Errno.None) break;
                    child!.Memory.Mmu.TryWrite(World.At(page, 9), (byte)word);
                    child.Dispose();
                    break;
                case 7: Advise(line, MemoryAdvice.DontNeed); break;
                case 8: Advise(line, MemoryAdvice.Collapse); break;
                case 9:
                    _ = _world.Memory.Protect(World.At(line * Pages), World.Bytes(Pages), MemoryProtection.Read);
                    World.Succeeds(_world.Memory.Protect(World.At(line * Pages), World.Bytes(Pages), MemoryProtection.ReadWrite));
                    break;
                case 10: _world.Engine.Frames.Compact(); break;
                default:
                    if (_world.Mmu.TryWrite(World.At(page, 1), (byte)word)) Expect(page);
                    break;
            }

            _world.Verify();
            foreach (int dirty in _softDirty) Assert.True(_world.Memory.ReadPagemap(World.At(dirty).Page).IsSoftDirty, $"page {dirty}");
        }

        public void End()
        {
            for (uint log = 0; log < _logs.Count; log++) CollectPages(log);
            CollectFrames();
            foreach ((DirtyLog log, _, _) in _logs) log.Dispose();
            foreach (FrameDirtyLog log in _frames) log.Dispose();
            if (_hasReadZeros) _world.Verify();
            else _world.AssertNothingIsLeft();
        }

        public void Dispose() => _world.Dispose();

        private void Advise(int line, MemoryAdvice advice)
        {
            Errno error = _world.Memory.Advise(World.At(line * Pages), World.Bytes(Pages), advice);
            // An entry of shared memory takes its mark along when it goes, as in Linux.
            bool isForgotten = advice == MemoryAdvice.DontNeed || (advice == MemoryAdvice.Collapse && line == 3);
            if (error == Errno.None && isForgotten) _softDirty.RemoveWhere(page => page / Pages == line);
        }

        private void Expect(int page)
        {
            _softDirty.Add(page);
            foreach ((_, _, HashSet<int> written) in _logs) written.Add(page);
        }

        private void CollectPages(uint which)
        {
            if (_logs.Count == 0) return;
            (DirtyLog log, bool isExact, HashSet<int> written) = _logs[(int)(which % (uint)_logs.Count)];
            HashSet<int> found = [];
            foreach (PageNumber page in log.CollectDirty()) found.Add((int)(page.Value - World.Base.Page.Value));
            Assert.Subset(found, written);
            if (isExact) Assert.Equal(written.Order(), found.Order());
            foreach (int page in found) Assert.Contains(written, other => other / Pages == page / Pages);
            Collected += found.Count;
            written.Clear();
        }

        private void CollectFrames()
        {
            HashSet<uint> found = [];
            foreach (FrameNumber frame in _frames[0].CollectDirty()) found.Add(frame.Value);
            for (uint frame = 0; frame < _seen.Length; frame++)
            {
                FrameState state = _world.Engine.Frames.Describe(new(frame)).State;
                if (found.Contains(frame)) Bytes(frame).CopyTo(_seen[frame]);    // reported, even if nothing maps it now
                bool isOfPool = state == FrameState.Kernel && _world.Machine.Frames.Named(new(frame & ~511u)).MapCount != 0;
                if (state is not (FrameState.Anonymous or FrameState.PageCache) && !isOfPool) continue;
                bool isChanged = !Bytes(frame).SequenceEqual(_seen[frame]);
                if (isChanged && !found.Contains(frame)) Assert.Fail($"Frame {frame:x5} ({state}) has changed unseen.");
            }
        }

        private Span<byte> Bytes(uint frame) => _world.Engine.Ram.Bytes(new(frame));
    }
}
