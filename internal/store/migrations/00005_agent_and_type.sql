-- +goose Up
-- With the type in the index, a list of the numbers of an agent that have a type reads only those. The list for an agent alone is
-- merged from one list for each type (numbersQuery). A further index instead would make each change of an agent slower.
CREATE INDEX phone_numbers_by_agent_and_type ON phone_numbers (workspace_id, agent_id, type, id);
DROP INDEX phone_numbers_by_agent;
