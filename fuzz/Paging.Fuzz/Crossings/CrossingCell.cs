namespace Paging.Fuzz;

/// <summary>How a cell of the matrix has ended.</summary>
internal enum CrossingEnd
{
    /// <summary>Everything is as it must be.</summary>
    Done,
    /// <summary>The operation was refused, and nothing has changed.</summary>
    Refused,
    /// <summary>The contexts refuse each other.</summary>
    NoContext,
    /// <summary>Other bytes, a finding of the audit, or an exception.</summary>
    Wrong,
}

/// <summary>A cell of the matrix.</summary>
/// <param name="Context">The name of the context, or of the pair.</param>
/// <param name="Operation">The name of the operation.</param>
/// <param name="End">How it has ended.</param>
/// <param name="Detail">The error of a refusal, or what is wrong.</param>
internal readonly record struct CrossingCell(string Context, string Operation, CrossingEnd End, string Detail);
