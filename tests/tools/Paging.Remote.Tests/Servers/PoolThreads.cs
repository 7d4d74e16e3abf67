using System.Runtime.CompilerServices;

namespace Paging.Remote.Tests;

/// <summary>
/// The client ends its calls on threads of the pool. Test classes that run at once and wait for it must not hold all of them, as the pool
/// adds threads slowly.
/// </summary>
internal static class PoolThreads
{
    [ModuleInitializer]
    internal static void Add() => ThreadPool.SetMinThreads(64, 64);
}
