using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Paging.Policies.Storage;

/// <summary>Refuses the <c>default</c> of a policy, which has no arrays.</summary>
internal static class Unmade
{
    /// <exception cref="InvalidOperationException">The policy was not made by Create.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ThrowIf([NotNull] Array? storage)
    {
        if (storage is null) Throw();
    }

    [DoesNotReturn]
    private static void Throw() => throw new InvalidOperationException("The default of a policy holds no pages. Make one with Create.");
}
