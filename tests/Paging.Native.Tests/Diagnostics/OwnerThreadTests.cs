using System.Runtime.CompilerServices;
using Paging.Native.Diagnostics;
using Xunit;

namespace Paging.Native.Tests;

public sealed class OwnerThreadTests
{
    private OwnerThread _owner;

    [Fact]
    public void OnlyAThreadThatBecameTheOwnerIsHere()
    {
        Assert.False(_owner.IsHere);
        _owner.Become(Thread.CurrentThread);
        Assert.True(_owner.IsHere);
        _owner.Become(null);
        Assert.False(_owner.IsHere);
        Assert.Null(_owner.Thread);
    }

    [Fact]
    public void TheOwnerIsKnownAtAnyDepthOfItsStack()
    {
        _owner.Become(Thread.CurrentThread);
        Assert.True(IsHereBelow(100));
        Assert.True(_owner.IsHere);
        Assert.True(IsHereBelow(1_000));
        Assert.True(IsHereBelow(10));
    }

    [Fact]
    public void AnotherThreadIsNotTheOwnerAtAnyDepthOfItsStack()
    {
        _owner.Become(Thread.CurrentThread);
        Assert.True(IsHereBelow(1_000));
        bool[] found = [.. Enumerable.Range(0, 8).Select(depth => OnAnotherThread(() => IsHereBelow(depth * 200)))];
        Assert.DoesNotContain(true, found);
        Assert.True(_owner.IsHere);
    }

    [Fact]
    public void AThreadThatHandsItOverIsNoLongerTheOwner()
    {
        _owner.Become(Thread.CurrentThread);
        Assert.True(IsHereBelow(50));
        bool heirIsKnown = OnAnotherThread(() =>
        {
            _owner.Become(Thread.CurrentThread);
            return IsHereBelow(50);
        });
        Assert.True(heirIsKnown);
        Assert.False(_owner.IsHere);
        Assert.False(IsHereBelow(50));
    }

    [Fact]
    public void ASuspendedOneAdmitsNobodyUntilItResumes()
    {
        _owner.Become(Thread.CurrentThread);
        Assert.True(IsHereBelow(50));
        _owner.Suspend();
        Assert.False(_owner.IsHere);
        Assert.False(IsHereBelow(100));
        _owner.Become(Thread.CurrentThread);    // does not end it
        Assert.False(_owner.IsHere);
        _owner.Resume();
        Assert.True(IsHereBelow(100));
        _owner.Suspend();
        _owner.Resume();
        Assert.True(_owner.IsHere);
        Assert.False(OnAnotherThread(() => IsHereBelow(50)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsHereBelow(int depth) => depth == 0 ? _owner.IsHere : IsHereBelow(depth - 1) | false;    // not a tail call

    private static bool OnAnotherThread(Func<bool> question)
    {
        bool answer = false;
        Thread thread = new(() => answer = question());
        thread.Start();
        thread.Join();
        return answer;
    }
}
