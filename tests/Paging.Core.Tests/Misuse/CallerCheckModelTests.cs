using System.Collections.Concurrent;
using Paging.Core.Threads;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// The calls that a single-threaded engine allows, beside plain facts: its owner, whether it is closed, whether a callback runs, and the
/// pending exception of a callback.
/// </summary>
public sealed class CallerCheckModelTests
{
    [Trait("Category", "Medium")]
    [Fact]
    public void EachCallSucceedsOrThrowsAsTheModelPredicts() => Property.ForSeeds(60, static seed =>
    {
        using Story story = new(new Random((int)seed));
        story.Run();
    });

    [Fact]
    public void AnExceptionOfACallbackIsAnIoErrorAndReachesTheHost()
    {
        CallerCheck callers = new();
        InvalidOperationException thrown = new("of the host");
        Assert.Equal(Errno.EIO, callers.Callbacks.Call(callers, own =>
        {
            Assert.False(own.IsHere);
            Assert.Throws<InvalidOperationException>(own.Enter);    // the callback cannot call the engine
            throw thrown;
        }));
        Assert.True(callers.HasFailure);
        Assert.False(callers.IsHere);
        Assert.Same(thrown, Assert.Throws<InvalidOperationException>(() => callers.Leave(1)));
        Assert.True(callers.IsHere);
        Assert.Equal(Errno.ENOSPC, callers.Callbacks.Call(callers, static own => own.IsHere ? Errno.EPERM : Errno.ENOSPC));
        Assert.True(callers.IsHere && !callers.HasFailure);
        Assert.Equal(5, callers.Leave(5));
    }

    [Fact]
    public void ASourceIsReadOutsideTheSlowPathIfItAllowsThatAndThereIsOne()
    {
        using World single = new();
        Assert.Null(new CallerCheck().OutsideReadsOf(allowsMany: true));
        using PagingEngine many = new(World.Options() with { AllowThreads = true });
        CallerCheck callers = many.Parts.Machine.Callers;
        Assert.NotNull(callers.Shared);
        Assert.Null(callers.OutsideReadsOf(allowsMany: false));
        Assert.False(callers.Shared.Reads.IsOn);
        Assert.Same(callers.Shared.Reads, callers.OutsideReadsOf(allowsMany: true));
        Assert.True(callers.Shared.Reads.IsOn);
    }

    /// <summary>Two threads live as long as the story: a stack that a thread has left may become another's.</summary>
    private sealed class Story(Random random) : IDisposable
    {
        private readonly BlockingCollection<Action> _work = [];
        private readonly SemaphoreSlim _done = new(0);
        private readonly CallerCheck _callers = new();
        private Thread _owner = Thread.CurrentThread;
        private bool _isClosed, _isInCallback;
        private Exception? _failure;

        public void Run()
        {
            Thread thread = new(() =>
            {
                foreach (Action work in _work.GetConsumingEnumerable())
                {
                    work();
                    _done.Release();
                }
            });
            thread.Start();
            try
            {
                for (int step = 0; step < 60; step++)
                {
                    if (random.Next(5) == 0) OnAnotherThread();
                    else Step();
                    Compare();
                }
            }
            finally
            {
                _work.CompleteAdding();
                thread.Join();
            }
        }

        public void Dispose()
        {
            _work.Dispose();
            _done.Dispose();
        }

        private void OnAnotherThread()
        {
            Exception? wrong = null;
            _work.Add(() => wrong = Record.Exception(() =>
            {
                Step();
                Compare();
            }));
            _done.Wait();
            if (wrong is not null) throw new InvalidOperationException(wrong.Message, wrong);
        }

        private void Compare()
        {
            bool isFree = !_isClosed && !_isInCallback && _failure is null;
            Assert.Equal(isFree && _owner == Thread.CurrentThread, _callers.IsHere);
            Assert.Equal(_failure is not null, _callers.HasFailure);
            Assert.Equal(_isClosed, _callers.IsClosed);
            Assert.Null(_callers.Shared);
        }

        private void Step()
        {
            switch (random.Next(_isClosed ? 6 : 25))
            {
                case 0: CheckCall(_callers.Enter, ExpectedOfEnter(throwsFailure: true)); break;
                case 1: CheckCall(() => _callers.Hold().Dispose(), ExpectedOfEnter(throwsFailure: true)); break;
                case 2: CheckCall(_callers.EnterToRead, ExpectedOfEnter(throwsFailure: true)); break;
                case 3: CheckCall(_callers.EnterToDispose, ExpectedOfEnter(throwsFailure: false)); break;
                case 4:
                    CheckCall(() => _callers.HoldToDispose().Dispose(), ExpectedOfEnter(throwsFailure: false));
                    break;
                case 5: Bind(); break;
                case 6 or 7 or 8 or 9 when !_isInCallback:
                    _callers.Callbacks.Begin();
                    _isInCallback = true;
                    break;
                case 10 or 11 or 12 or 13 or 14 when _isInCallback:
                    _isInCallback = false;
                    _callers.Callbacks.End();
                    break;
                case 15:
                    Exception failure = new InvalidOperationException("of the host");
                    Assert.Equal(Errno.EIO, _callers.Callbacks.FailAsIoError(failure));
                    _failure ??= failure;    // the first one counts
                    break;
                case 16 or 17 or 18 or 19 when !_isInCallback:
                    CheckCall(() => _callers.Leave(), _failure);
                    _failure = null;
                    break;
                case 20 when random.Next(20) == 0:
                    _callers.Close();
                    _isClosed = true;
                    break;
                default: CheckCall(() => _callers.HoldToRead().Dispose(), ExpectedOfEnter(throwsFailure: true)); break;
            }
        }

        private void Bind()
        {
            Exception? expected = _isClosed ? new ObjectDisposedException("", "The engine was disposed.")
                : _isInCallback ? new InvalidOperationException("callback") : null;
            CheckCall(_callers.Bind, expected);
            if (expected is null) _owner = Thread.CurrentThread;
        }

        private Exception? ExpectedOfEnter(bool throwsFailure)
        {
            if (_isClosed) return new ObjectDisposedException("", "The engine was disposed.");
            if (_owner != Thread.CurrentThread) return new InvalidOperationException($"belongs to thread {_owner.ManagedThreadId}");
            if (_isInCallback) return new InvalidOperationException("callback");
            if (!throwsFailure) return null;
            Exception? failure = _failure;
            _failure = null;
            return failure;
        }

        private static void CheckCall(Action call, Exception? expected)
        {
            Exception? thrown = Record.Exception(call);
            Assert.Equal(expected?.GetType(), thrown?.GetType());
            if (expected is InvalidOperationException) Assert.Contains(expected.Message, thrown!.Message, StringComparison.Ordinal);
        }
    }
}
